import { pino } from "pino";
import type { Log } from "../core/log.ts";
import { maskUrl, presentable } from "../core/secret.ts";
import { Watchers } from "../core/watchers.ts";

/** What is kept: of each agent, and of the whole process. */
const OF_AGENT = { lines: 200, bytes: 64 << 10 };
const OF_PROCESS = { lines: 1_000, bytes: 512 << 10 };
/** A longer line, in characters, is kept without its fields. */
const LONGEST = 8 << 10;

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

export interface TailLine {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly level: Level;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The end of the log, in memory: the last lines of the process, and of each agent. Secrets never get in. */
export class LogTail {
  /** The least important level that is kept. */
  level: Level = "info";
  /** Every line that is kept, with the agent that it is about. */
  readonly news = new Watchers<{ readonly agent: string | undefined; readonly line: TailLine }>();
  readonly #process = new Ring(OF_PROCESS);
  readonly #agents = new Map<string, Ring>();

  /** A log that passes everything on, and remembers it. */
  before(log: Log): Log {
    const at = (level: Level) => (fields: object, message: string) => {
      log[level](fields, message);
      this.#keep(level, fields as Fields, message);
    };
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  /** The last lines, the oldest first: of an agent, or of the whole process. */
  lines(most: number, agent?: string): TailLine[] {
    const ring = agent === undefined ? this.#process : this.#agents.get(agent);
    return ring?.last(most) ?? [];
  }

  forget(agent: string): void {
    this.#agents.delete(agent);
  }

  #keep(level: Level, fields: Fields, message: string): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    const own = { at: Date.now(), level, message: maskUrl(message) };
    const whole = { ...shown(fields), ...own };
    const text = JSON.stringify(whole);
    const agent = typeof fields.agent === "string" ? fields.agent : undefined;
    const short = { ...(agent !== undefined && { agent }), ...own, message: own.message.slice(0, LONGEST) };
    const [line, kept] = text.length <= LONGEST ? [whole, text] : [short, JSON.stringify(short)];
    this.#process.put(kept);
    if (agent !== undefined) this.#ringOf(agent).put(kept);
    this.news.tell({ agent, line });
  }

  #ringOf(agent: string): Ring {
    const known = this.#agents.get(agent) ?? new Ring(OF_AGENT);
    this.#agents.set(agent, known);
    return known;
  }
}

interface Fields {
  readonly agent?: unknown;
  readonly err?: unknown;
}

/** Lines as texts, so that what they were made of can go. */
class Ring {
  readonly #bound: { readonly lines: number; readonly bytes: number };
  readonly #lines: string[] = [];
  #bytes = 0;

  constructor(bound: { readonly lines: number; readonly bytes: number }) {
    this.#bound = bound;
  }

  put(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    const { lines, bytes } = this.#bound;
    while (this.#lines.length > lines || this.#bytes > bytes) this.#bytes -= this.#lines.shift()!.length;
  }

  last(most: number): TailLine[] {
    return this.#lines
      .slice(Math.max(0, this.#lines.length - most))
      .map((line) => JSON.parse(line) as TailLine);
  }
}

/** Secrets are masked by their type, and passwords in URLs; an error keeps its message and its stack. */
function shown({ err, ...rest }: Fields): object {
  const fields = presentable(rest) as object;
  return err instanceof Error ? { ...fields, err: presentable(pino.stdSerializers.err(err)) } : fields;
}
