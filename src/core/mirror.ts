import type { Health } from "./health.ts";

/** Shows the parts of one health as parts of another, under names of their own. @returns a function that ends it */
export function mirrored(inner: Health, outer: Health, name: string): () => void {
  const shown = new Set<string>();
  const forget = inner.watch((part) => {
    if (!part) return;
    const mirror = outer.part(`${part.name}:${name}`);
    shown.add(mirror.name);
    if (part.state === "up") mirror.up();
    else if (part.problem) mirror.down(part.problem, part.retryAt);
    else mirror.connecting();
  });
  const forgetLag = outer.measures(() => inner.lag());
  return () => {
    forget();
    forgetLag();
    for (const each of shown) outer.drop(each);
  };
}
