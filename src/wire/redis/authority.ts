/** The same URL at another host and port. */
export function withAuthority(url: string, host: string, port: string): string {
  const other = new URL(url);
  // `host` and `port` of an unknown scheme may be set, unlike those of `unix:`, which has none.
  other.hostname = host.includes(":") ? `[${host}]` : host;
  other.port = port;
  return other.href;
}
