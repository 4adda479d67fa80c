/** Told how far a task is: how much is done, and of how much. */
export type Told = (done: number, of: number) => void;

/**
 * Passes on now and then how far a long task is. One that ends within `pace` milliseconds tells nothing.
 * @param pace the time between two tellings, in milliseconds
 */
export function paced(tell: Told, pace = 2_000): Told {
  let last = performance.now();
  return (done, of) => {
    const now = performance.now();
    if (now - last < pace) return;
    last = now;
    tell(done, of);
  };
}
