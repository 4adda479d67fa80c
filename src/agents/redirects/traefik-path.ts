/**
 * The path as a Traefik 3 entry point hands it on to its plugins: escapes of unreserved characters decoded, the
 * others in upper case, dot segments and double slashes removed (Traefik's `normalizePath` and `sanitizePath`).
 * Takes and returns a path with query, as it is matched.
 */
export function traefikPath(uri: string): string {
  const cut = uri.indexOf("?");
  const path = cut < 0 ? uri : uri.slice(0, cut);
  const decoded = path.replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
    const char = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(char) ? char : triplet.toUpperCase();
  });
  return withoutDots(decoded) + (cut < 0 ? "" : uri.slice(cut));
}

/** Go's `URL.JoinPath` without anything to join: a slash at the end stays, but `/a/.` becomes `/a`. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const joined = `/${kept.join("/")}`;
  return path.endsWith("/") && joined !== "/" ? `${joined}/` : joined;
}
