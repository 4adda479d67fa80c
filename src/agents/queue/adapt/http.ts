import type { Fields } from "./fields.ts";
import type { Given } from "./given.ts";
import { readHosts } from "./hosts.ts";
import { readTls } from "./tls.ts";

/** Ours of `connections`, above which it has to be lifted. */
const CONNECTIONS = 250;

/** The HTTP target of a backend. Source: krakend-async §5.3, §5.4, §5.14. */
export function readHttp(given: Given): Record<string, unknown> {
  const { fields, components, service } = given;
  const client = components.fields("backend/http/client");
  const method = fields.text("method");
  const tls = client?.fields("client_tls");
  const proxy = client?.text("proxy_address") ?? "";
  return {
    url: readUrls(given),
    path: fields.text("url_pattern"),
    ...(method !== "" && { method }),
    ...(client && redirects(client)),
    ...discovery(given),
    ...(proxy !== "" && { proxy }),
    ...(tls ? { tls: readTls(tls) } : service.tls && { tls: structuredClone(service.tls) }),
    ...(service.workers > CONNECTIONS && { connections: 0 }),
  };
}

/** One host alone, several as a list, none as an empty text; those of the service where the backend has none. */
function readUrls({ fields, service }: Given): string | string[] {
  const own = readHosts(fields, !fields.flag("disable_host_sanitize"));
  const given = fields.texts("host").length > 0;
  const hosts = given ? own : service.hosts;
  if (!given && hosts.length === 0) noHosts(fields, service.safe);
  const urls = discovers(fields) ? hosts.slice(0, 1).map(bare) : hosts;
  const [only = ""] = urls;
  return urls.length > 1 ? [...urls] : only;
}

/** The peer starts all the same, and no event gets through. Source: krakend-async §5.4. */
function noHosts(fields: Fields, strict: boolean): void {
  const remedy = "give the backend or the service a `host`";
  if (strict) fields.wrong("host", `there are no hosts available: ${remedy}`);
  else fields.note("host", `there are no hosts available, so every event fails, as in KrakenD; ${remedy}`);
}

/** The name of an SRV record has no scheme. */
function bare(host: string): string {
  return host.replace(/^https?:\/\//, "");
}

function discovers(fields: Fields): boolean {
  return ["dns", "dns-shared"].includes(fields.text("sd"));
}

function discovery({ fields, service }: Given): Record<string, unknown> {
  if (!discovers(fields)) return {};
  if (fields.texts("host").length > 1)
    fields.note("host", "with `sd` only the first host is asked for; the others are left out");
  return {
    discover: {
      scheme: fields.text("sd_scheme") || "http",
      ...(service.dnsEvery && { every: service.dnsEvery }),
    },
  };
}

function redirects(client: Fields): Record<string, unknown> {
  if (client.flag("no_redirect")) return { redirects: "none" };
  return client.flag("send_body_on_redirect") ? { redirects: "body" } : {};
}
