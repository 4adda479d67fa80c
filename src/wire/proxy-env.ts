import { BlockList, isIP } from "node:net";

/** Variables that name proxies; capitals win over small letters. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for a URL, if any: HTTP_PROXY, HTTPS_PROXY, NO_PROXY and their small forms.
 * This machine is never reached through a proxy. Source: `ProxyFromEnvironment` of Go's net/http.
 */
export function proxyFor(url: URL, env: ProxyEnvironment): string | undefined {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || "";
  const proxy = read(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === "" || isLoopback(hostOf(url)) || excepted(url, read("NO_PROXY"))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether a list such as `.example.com, 10.0.0.0/8, host:8080` names the URL's host. `*` is every host. */
function excepted(url: URL, list: string): boolean {
  const entries = list.split(",").map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry === "*" || (entry !== "" && names(entry, url)));
}

function names(entry: string, url: URL): boolean {
  const host = hostOf(url);
  if (entry.includes("/")) return isWithin(host, entry);
  const { name, port } = /^(?<name>\[.*\]|[^:]*|.*:.*:.*?)(?::(?<port>\d+))?$/.exec(entry)?.groups ?? {};
  const bare = (name ?? entry).replace(/^\[|\]$/g, "").replace(/^\*\./, ".");
  if (port !== undefined && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;
  return bare.startsWith(".") ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`);
}

function isWithin(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Math.min(Number(bits) || 0, family === 4 ? 32 : 128), type);
  return list.check(host, type);
}
