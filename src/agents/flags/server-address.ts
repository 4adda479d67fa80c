/** The WebSocket form of an address, without a slash at the end. A path in front of the routes is kept. */
export function streamingForm(url: string): string {
  return trimmed(url).replace(/^http/i, "ws");
}

/** The HTTP form of an address, without a slash at the end. */
export function httpForm(url: string): string {
  return trimmed(url).replace(/^ws/i, "http");
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
}
