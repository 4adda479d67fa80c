const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3.6e6,
};

const PIECE = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/**
 * Go's duration text (`time.ParseDuration`) in milliseconds: an optional sign, then numbers with units and nothing in
 * between; a bare `0` is the only number without one. @returns undefined for a text that is no duration
 */
export function goDuration(given: string): number | undefined {
  const signed = /^[+-]/.test(given);
  const rest = signed ? given.slice(1) : given;
  if (rest === "0") return 0;
  let ms = 0;
  let read = 0;
  for (const [piece, number, unit] of rest.matchAll(PIECE)) {
    ms += Number(number) * UNITS[unit!]!;
    read += piece.length;
  }
  if (rest === "" || read !== rest.length) return undefined;
  return given.startsWith("-") ? -ms : ms;
}
