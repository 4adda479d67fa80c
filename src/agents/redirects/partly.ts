/** Fields of a log line that tells how far something is: what is done, of how much, and that in percent. */
export function partly<F extends Readonly<Record<string, number>>>(done: F, of: number) {
  const [amount = 0] = Object.values(done);
  return { ...done, of, percent: of > 0 ? Math.min(100, Math.floor((100 * amount) / of)) : 100 };
}
