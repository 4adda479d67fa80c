import { given, type Part } from "./part.ts";
import type { Reading } from "./reading.ts";

/** Where SDKs come in. */
export function listenIn(read: Reading): string {
  const [first = "", ...others] = (read.text("ASPNETCORE_URLS") ?? "http://+:6100").split(";");
  if (others.length > 0) read.note("ASPNETCORE_URLS", `only the first address is listened on: ${first}`);
  const match = /^(https?):\/\/([^/]*?)(?::(\d+))?\/?$/i.exec(first);
  if (!match) read.wrong("ASPNETCORE_URLS", `"${first}" is no address such as http://+:6100`);
  const [, scheme = "http", host = "", port] = match ?? [];
  if (scheme.toLowerCase() === "https")
    read.wrong("ASPNETCORE_URLS", "https has no counterpart; put a proxy in front");
  const every = ["+", "*", "0.0.0.0", "[::]", ""];
  return `${every.includes(host) ? "" : host}:${port ?? "80"}`;
}

export function hostsIn(read: Reading): Part {
  const hosts = (read.text("AllowedHosts") ?? "*").split(";").filter((host) => host !== "");
  if (hosts.includes("*") || hosts.length === 0) return {};
  const plain = hosts.filter((host) => !host.includes("*"));
  if (plain.length < hosts.length)
    read.note("AllowedHosts", "patterns with a * inside have no counterpart, and every host is answered");
  return plain.length < hosts.length ? {} : { hosts: plain };
}

export function limitsIn(read: Reading): Part {
  const limits = {
    ...amount(read, "connections", "Limits:MaxConnections", ""),
    ...amount(read, "connections_per_environment", "Limits:MaxConnectionsPerEnv", ""),
    ...amount(read, "message", "Limits:MaxMessageBytes", "B"),
    ...amount(read, "buffered", "Limits:MaxBufferedBytes", "B"),
    ...amount(read, "age", "MaxClientConnectionSeconds", "s"),
  };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

function amount(read: Reading, to: string, name: string, unit: string): Part {
  if (read.text(name) === undefined) return {};
  const number = read.number(name, 0);
  return { [to]: unit === "" ? number : `${number}${unit}` };
}

export function corsIn(read: Reading): Part {
  const origins = read
    .text("Cors:AllowedOrigins")
    ?.split(";")
    .map((each) => each.trim());
  const credentials = read.flag("Cors:AllowCredentials", false);
  if (credentials && (origins ?? ["*"]).includes("*"))
    read.wrong("Cors:AllowCredentials", "is not allowed for every origin; name them in Cors__AllowedOrigins");
  if (origins === undefined && !credentials) return {};
  return { cors: { ...given("origins", origins), ...(credentials && { credentials }) } };
}

export function ofrepIn(read: Reading): Part {
  const enabled = read.flag("Ofrep:Enabled", true);
  const track = read.flag("Ofrep:TrackEvaluations", false);
  return enabled && !track ? {} : { ofrep: { ...(!enabled && { enabled }), ...(track && { track }) } };
}

/** Agents below this one. */
export function chainIn(read: Reading): Part {
  const keys = read
    .text("Chain:Keys")
    ?.split(",")
    .map((key) => key.trim());
  return keys === undefined ? {} : { chain: { keys } };
}

export function staleIn(read: Reading): Part {
  const seconds = read.number("Readiness:MaxStaleSeconds", 0);
  return seconds > 0 ? { max_stale: `${seconds}s` } : {};
}
