/**
 * Whether captured text made a target lead somewhere that its rule does not say: `^/go(/.*)$` to `$1` must not turn
 * `/go//evil.example` into a redirect to another host.
 * @param template the rule's target before, `target` after filling in
 */
export function leadsAstray(template: string, target: string): boolean {
  if (template === target) return false;
  const before = authorityOf(template);
  return !before.includes("$") && before !== authorityOf(target);
}

/** Scheme and host that a target names for itself. A rule with a placeholder in them wants to lead anywhere. */
function authorityOf(target: string): string {
  // Browsers take a backslash for a slash, and skip tabs and line ends.
  const text = target
    .replace(/[\t\r\n]/g, "")
    .replaceAll("\\", "/")
    .trimStart();
  return (/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?/.exec(text)?.[0] ?? "").toLowerCase();
}
