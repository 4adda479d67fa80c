/** The seven words of a hapgent state file. */
export const words = ["UP", "DOWN", "READY", "DRAIN", "FAIL", "MAINT", "STOPPED"] as const;

export type Word = (typeof words)[number];

/** What a state file says. An absent weight or maxconn means: say nothing about it. */
export interface State {
  readonly status: Word;
  /** Percent of the weight that HAProxy's configuration gives the server, 0 to 255. */
  readonly weight?: number | undefined;
  /** Connections per HAProxy process, 0 to 65535. HAProxy takes 0 as "no limit". */
  readonly maxconn?: number | undefined;
  /** Why, for people; HAProxy shows it in its log and on its page. */
  readonly reason?: string | undefined;
}

/**
 * The two things that one word of hapgent mixes, kept apart. HAProxy keeps them apart too: `up` does not end a
 * maintenance, and `ready` does not repair a `down`.
 */
export interface Standing {
  readonly health: "up" | "down" | "fail" | "stopped";
  readonly admin: "ready" | "drain" | "maint";
}

export function standingOf(status: Word): Standing {
  switch (status) {
    case "DRAIN":
      return { health: "up", admin: "drain" };
    case "MAINT":
      return { health: "up", admin: "maint" };
    case "DOWN":
    case "FAIL":
    case "STOPPED":
      return { health: status.toLowerCase() as Standing["health"], admin: "ready" };
    default:
      return { health: "up", admin: "ready" };
  }
}

/** Whether the server takes new traffic in this state. */
export function serves({ status }: State): boolean {
  return status === "UP" || status === "READY";
}

/** What votes say about a service. */
export interface Verdict {
  readonly says: "up" | "drain" | "down";
  readonly reason: string | undefined;
}

/** A state that holds for a while in place of what the file says. */
export interface Override extends State {
  /** When it ends, in milliseconds since 1970; undefined: not by itself. */
  readonly until: number | undefined;
}

/** Everything that has a say in an answer. */
export interface Voices {
  /** undefined: not read yet. */
  readonly file: State | undefined;
  readonly override: Override | undefined;
  readonly verdict: Verdict;
  /** The dynamic weight in percent, if there is one. */
  readonly weight: number | undefined;
  readonly leaving: boolean;
}

/**
 * What is said in the end. A person's word (file, override) comes first; votes can only take a serving state away,
 * never give one; leaving drains whatever still serves.
 * @returns undefined while the file's state is not known
 */
export function compose({ file, override, verdict, weight, leaving }: Voices): State | undefined {
  if (!file) return undefined;
  const said: State = override ? { ...file, ...defined(override) } : file;
  const base = { ...said, weight: scaled(said.weight, weight) };
  if (!serves(said)) return base;
  if (verdict.says === "down") return { ...base, status: "DOWN", reason: verdict.reason };
  if (leaving) return { ...base, status: "DRAIN", reason: "stopping" };
  if (verdict.says === "drain") return { ...base, status: "DRAIN", reason: verdict.reason };
  return base;
}

/** A measured weight as a share of the stated one. Only a stated 0 may become 0, which takes the server out. */
function scaled(stated: number | undefined, measured: number | undefined): number | undefined {
  if (measured === undefined || stated === 0) return stated;
  return stated === undefined ? measured : Math.max(1, Math.round((measured * stated) / 100));
}

function defined({ status, weight, maxconn, reason }: Override): State {
  return {
    status,
    reason,
    ...(weight !== undefined && { weight }),
    ...(maxconn !== undefined && { maxconn }),
  };
}

export function sameState(a: State, b: State): boolean {
  return a.status === b.status && a.weight === b.weight && a.maxconn === b.maxconn && a.reason === b.reason;
}
