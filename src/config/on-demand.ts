import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/**
 * A library that is loaded when it is first asked for. Loading takes a while, and most processes never need it.
 * @returns a function that gives the library's exports
 */
export function onDemand<T>(name: string): () => T {
  let library: { readonly exports: T } | undefined;
  return () => {
    library ??= { exports: load(name) as T };
    return library.exports;
  };
}
