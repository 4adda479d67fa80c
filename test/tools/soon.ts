/**
 * Looks again and again until it succeeds: resolves with what `look` returns once that is neither undefined, false
 * nor thrown. Throws after `ms` milliseconds, with the last error if there was one.
 */
export async function until<T>(look: () => T | Promise<T>, ms = 5_000): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw last ?? new Error(`nothing after ${ms} ms`);
}
