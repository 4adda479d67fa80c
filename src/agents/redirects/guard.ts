/**
 * Whether captured text made a target lead somewhere that its rule does not say: `^/go(/.*)$` to `$1` must not turn
 * `/go//evil.example` into a redirect to another host, nor `^/go(.*)$` to `https://example.com$1` a request for
 * `/go.evil.example` into one to `example.com.evil.example`.
 * @param template the rule's target before, `target` after filling in
 */
export function leadsAstray(template: string, target: string): boolean {
  if (template === target) return false;
  const before = authorityOf(template);
  const after = authorityOf(target);
  if (!before.includes("$")) return before !== after;
  const fixed = HOST_AND_REST.exec(before)?.[1];
  return fixed !== undefined && fixed !== after;
}

/**
 * An authority that ends in a placeholder right behind a whole host name: the placeholder stands for the path. Any
 * other placeholder in an authority means that the rule wants to lead to many hosts.
 */
const HOST_AND_REST = /^((?:[a-z][a-z0-9+.-]*:)?\/\/[^$]*\.[^$]*[a-z0-9\]])\$.$/s;

/** Scheme and host that a target names for itself, in lower case. */
function authorityOf(target: string): string {
  // Browsers take a backslash for a slash, and skip tabs and line ends.
  const text = target
    .replace(/[\t\r\n]/g, "")
    .replaceAll("\\", "/")
    .trimStart();
  return (/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?/.exec(text)?.[0] ?? "").toLowerCase();
}
