import { count } from "../look/format.ts";

export interface Replay {
  readonly running?: Progress;
  readonly last?: Progress;
}

interface Progress {
  readonly delivered: number;
  readonly rejected: number;
  readonly unreadable: number;
  /** How much of the file was taken, and how large it is, in bytes. */
  readonly bytes: number;
  readonly of: number;
}

/** How far a replay is, or how the last one ended. */
export function Replaying({ replay: { running, last } }: { replay: Replay }) {
  const shown = running ?? last;
  if (!shown) return null;
  const { delivered, rejected, unreadable } = shown;
  return (
    <p class="replaying" role="status">
      {running && <progress aria-label="Sending again" value={running.bytes} max={running.of} />}
      {running ? "Sending again: " : "Last replay: "}
      {count(delivered)} delivered, {count(rejected)} set aside once more
      {unreadable > 0 && `, ${count(unreadable)} not readable`}.
    </p>
  );
}
