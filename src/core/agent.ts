import type { z } from "zod";
import type { Delivery } from "./delivery.ts";
import type { Doors } from "./doors.ts";
import type { Feed } from "./feed.ts";
import type { Health, HealthView, Part } from "./health.ts";
import type { Life } from "./life.ts";
import type { Log } from "./log.ts";
import type { Headline, MetricSpec, Metrics } from "./metrics.ts";
import type { ProbeSteps } from "./probe.ts";
import type { Snapshot } from "./revision.ts";

/** One running instance of a kind. */
export interface Agent {
  /**
   * Runs until told to stop, then finishes what it holds; ends at once when killed, and leaves no handle,
   * timer or listener behind. Returning earlier means that its work is done; throwing means that it fell.
   */
  run(life: Life): Promise<void>;
  /** What it would tell a curious person: plain JSON, without secrets. */
  inspect?(): unknown;
  /** Everything outside that it needs, each as a step to be tried, in the order of the data. It need not run. */
  probe?(): ProbeSteps;
}

/** How large a spool may grow, and what goes when it has grown too large. */
export interface SpoolLimits<T = unknown> {
  /** Bytes on disk. */
  readonly bytes: number;
  /**
   * What happens beyond it. `oldest`: the oldest items are let go and counted. `refuse`: new ones are settled as
   * `retry`, for a source that can tell whoever handed them in. Default `oldest`.
   */
  readonly full?: "oldest" | "refuse";
  /**
   * With `oldest`: what of an item stays as long as anything else can be let go; undefined for nothing of it. The very
   * value means that all of it stays. Default: no item is worth more than another.
   */
  keep?(value: T): T | undefined;
  /** Told of each item that was let go, wholly or but for what is `kept`. */
  lost?(value: T, kept: T | undefined): void;
  /** Tells several spools of one agent apart. Default: the empty name. */
  readonly name?: string;
  /** The health of the link to the wrapped feed. Default: the agent's part `link`. */
  readonly link?: Part;
  /** What is down from when something was let go until half of the room is free. Default: the agent's part `spool`. */
  readonly room?: () => Part;
}

/** Agents in the same process, as far as one may look at another. */
export interface Neighbours {
  health(name: string): HealthView | undefined;
  /** Calls `changed` whenever the standing of that agent may have changed. @returns a function that ends it */
  watch(name: string, changed: () => void): () => void;
}

/** The neighbours of an agent that lives by itself. */
export const alone: Neighbours = { health: () => undefined, watch: () => () => {} };

/** Everything an agent may ask of the process it lives in. */
export interface Host {
  readonly name: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly doors: Doors;
  readonly neighbours: Neighbours;
  /** A place for revisions that outlives the process. Each name is its own; the default is the empty one. */
  snapshot<D>(name?: string, codec?: Codec<D>): Snapshot<D>;
  /** The path of a file of this agent that outlives the process, such as `rejected.ndjson`. Nothing is made there. */
  file(name: string): string;
  /** Wraps a feed that cannot wait in a durable queue. */
  spool<T>(feed: Feed<Delivery<T>>, limits: SpoolLimits<T>): Feed<Delivery<T>>;
}

/** How data is laid down in lines of text. The default is one line of JSON. */
export interface Codec<D> {
  encode(data: D): Iterable<string>;
  /** Throws if the lines are not what `encode` wrote. */
  decode(lines: Iterable<string>): D;
}

/** An address that a configuration will claim. */
export interface Claim {
  readonly address: string;
  /**
   * Who may share the address: nobody (`alone`), or others that answer HTTP for other hosts. `hosts` undefined
   * means every host that nobody else named.
   */
  readonly alone: boolean;
  readonly hosts?: readonly string[] | undefined;
}

/** Something one may ask of a running agent: button = API call = CLI command = signal. */
export interface Action<A, S extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly input: S;
  run(agent: A, input: z.output<S>): unknown;
}

/** A remark of an adapter about something that cannot be carried over as it is. */
export interface Note {
  /** The place in the input. */
  readonly at: string;
  readonly message: string;
}

/** A pure function from a peer's configuration to ours. */
export interface Adapter {
  /** The peer, as in `outrider run --from NAME`. */
  readonly name: string;
  readonly summary: string;
  /** Agents in the shape of our configuration file, by name. Throws ConfigProblem on input that is not the peer's. */
  adapt(input: AdapterInput): Adapted;
  /**
   * Turns the text of the peer's file into what is parsed, where the peer has a language of its own for that. Throws
   * ConfigProblem. Default: the text is parsed as it is.
   */
  render?(text: string, file: string, env: AdapterInput["env"], files: Files): string;
  /** Whether the environment alone configures this peer, so that `run` without a file can start it. */
  detect?(env: Readonly<Record<string, string | undefined>>): boolean;
  /**
   * The status that the peer ends with when it cannot start, where scripts may look at it. Then ours ends so too,
   * also when an agent cannot come up (its port is taken, say). Default: our own exit codes, and trying again.
   */
  readonly failsWith?: number;
}

/** Files that an adapter may ask for by the names that its input gives. */
export interface Files {
  /** Throws ConfigProblem for one that cannot be read. */
  read(path: string): string;
  /** Names of the files in a folder. Throws ConfigProblem. */
  list(folder: string): string[];
}

export interface AdapterInput {
  /** The parsed configuration file, if there is one. */
  readonly document?: unknown;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Adapted {
  readonly agents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly notes: readonly Note[];
  /** The process title that scripts of the peer look for. */
  readonly title?: string;
  /** A folder name that tells several of the peer on one machine apart. Default: the adapter's name. */
  readonly instance?: string;
}

/** What a developer writes to add a kind: wiring, not machinery. */
export interface AgentKind<S extends z.ZodObject = z.ZodObject, A extends Agent = Agent> {
  /** Folder = config word = export path = docs page = metric label. */
  readonly kind: string;
  readonly summary: string;
  readonly config: S;
  /** Loads what only an agent needs, not its configuration. Awaited before `create`. Default: there is no such thing. */
  load?(): Promise<void>;
  /** Wiring only: no I/O, no timers. */
  create(config: z.output<S>, host: Host): A;
  /** Addresses this config will claim, so that clashes are found before anything starts. */
  claims?(config: z.output<S>): readonly Claim[];
  /** Other agents that this one looks at. They are told to stop after it. */
  watches?(config: z.output<S>): readonly string[];
  readonly actions?: Readonly<Record<string, Action<A>>>;
  /** Which action a signal to the process stands for. */
  signals?(config: z.output<S>): Readonly<Partial<Record<"SIGUSR1" | "SIGUSR2" | "SIGHUP", string>>>;
  readonly metrics?: readonly MetricSpec[];
  /** Which of the metrics stand for the agent in an overview. */
  readonly headline?: Headline;
  /** A small configuration that is valid as it stands, for a form to start from. */
  readonly example?: z.input<S>;
  readonly adapters?: readonly Adapter[];
}

/** Keeps the types of a kind together; it returns what it is given. */
export function defineAgent<S extends z.ZodObject, A extends Agent>(kind: AgentKind<S, A>): AgentKind<S, A> {
  return kind;
}

/** Keeps the types of an action together; it returns what it is given. */
export function action<A, S extends z.ZodType>(definition: Action<A, S>): Action<A> {
  return definition as unknown as Action<A>;
}
