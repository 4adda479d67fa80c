/** What the admin API answers; `docs/reference/api.md` describes it. Times are in milliseconds since 1970. */

export type Standing = "starting" | "ready" | "degraded" | "failed" | "stopping" | "stopped";

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface Part {
  readonly name: string;
  readonly state: "connecting" | "up" | "down";
  readonly since: number;
  readonly seen?: number;
  readonly problem?: Problem;
  readonly retryAt?: number;
}

/** Who decides about an agent: a file of the user's, or this page. */
export type Owner =
  | { readonly managed: true; readonly file: string }
  | { readonly managed: false; readonly at: string };

export interface Pulse {
  /** Items a second. */
  readonly rate: number;
  /** Problems and rejected items a second. */
  readonly errors: number;
  readonly latency?: number;
  readonly age?: number;
}

export interface AgentStatus {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly standing: Standing;
  readonly since: number;
  readonly restarts: number;
  readonly problem?: Problem;
  readonly parts: readonly Part[];
  readonly lag?: number;
  readonly owner?: Owner;
  readonly pulse?: Pulse;
}

export interface ProblemEntry extends Problem {
  readonly at: number | string;
  readonly part: string;
  readonly count: number;
}

export interface ActionInfo {
  readonly name: string;
  readonly summary: string;
  readonly input: Schema;
}

export interface AgentDetail extends AgentStatus {
  readonly inspect: unknown;
  /** With every default. */
  readonly config: unknown;
  /** As it was written. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly problems?: readonly ProblemEntry[];
  readonly actions?: readonly ActionInfo[];
}

/** Time, rate, errors, latency, age. */
export type Sample = readonly [number, number, number, number | null, number | null];

export interface KindInfo {
  readonly kind: string;
  readonly summary: string;
  readonly config: Schema;
  readonly actions: readonly ActionInfo[];
  readonly example?: Readonly<Record<string, unknown>>;
}

export interface LogEntry {
  readonly at: number | string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface ProbeStep {
  readonly step: string;
  readonly ok: boolean;
  readonly ms?: number;
  readonly problem?: Problem;
  readonly skipped?: boolean | string;
}

export interface Probed {
  readonly ok: boolean;
  readonly steps: readonly ProbeStep[];
}

export interface Mistake {
  readonly at: string;
  readonly message: string;
}

export interface ProcessInfo {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly started_at: number | string;
  readonly node: string;
  readonly config_files: readonly string[];
  readonly agents: number;
  readonly kinds: readonly string[];
  readonly memory: { readonly rss: number };
  readonly cpu_percent: number;
  readonly log_level: string;
  readonly managed_dir: string;
  readonly needs_restart: readonly string[];
}

export interface FleetNode {
  readonly name: string;
  readonly version: string;
  readonly kinds: readonly string[];
  readonly agents: readonly {
    readonly name: string;
    readonly kind: string;
    readonly standing: Standing;
    readonly lag?: number;
    readonly why?: readonly string[];
  }[];
  /** All there are, of which a report names only so many. */
  readonly agents_total: number;
  readonly standing: Standing;
  readonly online: boolean;
  readonly first_seen: number | string;
  readonly last_seen: number | string;
  readonly last_sync?: number | string;
  readonly address?: string;
  readonly host?: string;
  /** Other processes that report under the same name. */
  readonly conflict?: readonly string[];
}

/** How this process's own reports fare. */
export interface Reporting extends Omit<Part, "name"> {
  readonly to: string;
  readonly name: string;
  readonly last_report?: number;
  /** The process that has our name, if another one has. */
  readonly conflict?: string;
}

export interface Fleet {
  readonly listening: boolean;
  readonly offline_after?: number;
  readonly nodes: readonly FleetNode[];
  readonly reporting?: Reporting;
}

/** A piece of JSON Schema, as far as the forms look into it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly writeOnly?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}
