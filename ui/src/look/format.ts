const PIECES = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** A span of milliseconds in its two largest units: `3 h 12 min`, `4.2 s`, `120 ms`. */
export function span(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms > 0 && ms < 0.1) return `${(ms * 1_000).toFixed(ms < 0.01 ? 1 : 0)} µs`;
  if (ms < 1_000) return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const first = PIECES.findIndex(([size]) => ms >= size);
  const [size, unit] = PIECES[first]!;
  const next = PIECES[first + 1];
  const whole = Math.floor(ms / size);
  const rest = next ? Math.floor((ms % size) / next[0]) : 0;
  return rest > 0 && next && whole < 10 ? `${whole} ${unit} ${rest} ${next[1]}` : `${whole} ${unit}`;
}

/** How long ago, in the largest unit: `now`, `12 s ago`, `3 h ago`. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < 1_500) return "now";
  const [size, unit] = PIECES.find(([each]) => ms >= each)!;
  return `${Math.floor(ms / size)} ${unit} ago`;
}

/** A number for people: `0.25`, `1,204`, `17.2k`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(size >= 1e7 ? 0 : 1)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(size >= 1e5 ? 0 : 1)}k`;
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(0)} MB` : `${(value / 1e3).toFixed(0)} KB`;
}

/** Milliseconds since 1970 of a number or an ISO text; undefined for what is neither. */
export function timeOf(at: unknown): number | undefined {
  const ms = typeof at === "number" ? at : typeof at === "string" ? Date.parse(at) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/** The time of day, with the date where it is another day. */
export function clock(at: number, now = Date.now()): string {
  const when = new Date(at);
  const time = when.toLocaleTimeString("en-GB");
  return new Date(now).toDateString() === when.toDateString() ? time : `${isoDay(when)} ${time}`;
}

function isoDay(when: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

const NAMES: Record<string, string> = {
  graphql: "GraphQL",
  featbit: "FeatBit",
  haproxy: "HAProxy",
  oauth: "OAuth",
};
const INITIALS = /^(?:amqp|api|ca|cel|cors|cpu|http|id|json|ofrep|tcp|tls|ttl|url)$/;

/** A configuration word as a label: `routing_key` is `Routing key`, `token_url` is `Token URL`. */
export function label(word: string): string {
  const text = word
    .split("_")
    .map((piece) => NAMES[piece] ?? (INITIALS.test(piece) ? piece.toUpperCase() : piece))
    .join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}
