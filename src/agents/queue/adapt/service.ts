import { isIP } from "node:net";
import { type Span, span } from "./durations.ts";
import type { Fields } from "./fields.ts";
import { readHosts } from "./hosts.ts";
import type { Component, Components } from "./names.ts";
import { readTls } from "./tls.ts";

/** What the agents of a file have in common. Source: krakend-async §1.5. */
export interface Service {
  readonly timeout: Span;
  readonly hosts: readonly string[];
  /** Where the peer's health endpoint listens. */
  readonly listen: string;
  readonly tls: Readonly<Record<string, unknown>> | undefined;
  /** How often `sd: dns` asks; undefined is our default, which is the peer's. */
  readonly dnsEvery: string | undefined;
  /** How long the end of an agent may take; undefined is our default. */
  readonly drain: Span | undefined;
  /** The workers of the agent whose backends are read. */
  readonly workers: number;
  /** Whether that agent has profile `safe`, in which the peer's traps are none. */
  readonly safe: boolean;
}

const HTTP = [
  "max_idle_connections",
  "max_idle_connections_per_host",
  "idle_connection_timeout",
  "response_header_timeout",
  "expect_continue_timeout",
  "dialer_timeout",
  "dialer_fallback_delay",
  "dialer_keep_alive",
  "disable_keep_alives",
  "disable_compression",
];

/** Reads what stands beside `async_agent`. */
export function readService(root: Fields, components: Components): Service {
  const timeout = root.duration("timeout");
  const dns = root.duration("dns_cache_ttl");
  const drain = root.duration("max_shutdown_wait_time");
  serviceNotes(root, components);
  return {
    timeout: timeout && timeout.ms !== 0 ? timeout : span(2_000),
    hosts: readHosts(root, true),
    listen: readListen(root),
    tls: readServiceTls(root),
    dnsEvery: dns && dns.ms >= 1_000 ? dns.text : undefined,
    drain: drain && drain.ms > 0 ? drain : undefined,
    workers: 1,
    safe: false,
  };
}

function readListen(root: Fields): string {
  const ip = root.text("listen_ip");
  const port = root.whole("port") || 8080;
  if (ip !== "" && isIP(ip) === 0) root.wrong("listen_ip", `invalid ip address ${ip}`);
  if (port < 0 || port > 65_535) root.wrong("port", `${port} is no port, write one from 1 to 65535`);
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function readServiceTls(root: Fields): Record<string, unknown> | undefined {
  const given = root.fields("client_tls");
  // The older spelling of a key of the block; either is enough.
  const insecure = root.flag("allow_insecure_connections") ? { verify: false } : undefined;
  return given ? { ...readTls(given), ...insecure } : insecure;
}

function serviceNotes(root: Fields, components: Components): void {
  for (const name of HTTP)
    if (root.has(name) && root.get(name) !== 0 && root.get(name) !== false)
      root.note(
        name,
        "has no counterpart: connections to backends are kept and limited by `http.connections`",
      );
  if (root.has("plugin"))
    root.note("plugin", "Go plug-ins cannot be loaded; write JavaScript modules and name them as `module`");
  if (root.flag("sequential_start"))
    root.note(
      "sequential_start",
      "has no counterpart: agents start side by side, and the health endpoint says who is there",
    );
  if ([root.get("endpoints") ?? []].flat().length > 0)
    root.note("endpoints", "only `async_agent` is run here; keep KrakenD for its endpoints");
  for (const component of components.rest()) telemetry(root, component);
}

function telemetry({ report }: Fields, { name, at }: Component): void {
  if (name.startsWith("telemetry/logg"))
    report.note(at, "the log has a form of its own: see `log` of our configuration");
  else if (name.startsWith("telemetry/"))
    report.note(
      at,
      `\`${name}\` is left out: metrics are at /metrics of \`admin\`; print the configuration with \`outrider adapt krakend\`, and run that`,
    );
}
