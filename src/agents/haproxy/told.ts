/** What an agent tells of itself. */
export interface Told {
  readonly agent: string;
  readonly port: number;
  /** How long it waits for the line of `agent-send`, in milliseconds; undefined if it does not. */
  readonly waits: number | undefined;
  /** When it leaves after it was told to, in milliseconds; undefined if it does not drain. */
  readonly leaves: number | undefined;
  readonly services: readonly ToldService[];
  readonly pollers: readonly ToldPoller[];
}

export interface ToldService {
  readonly name: string;
  /** What it answers, without the line end. */
  readonly answer: string;
  /** Its weight follows a measured load. */
  readonly weighs: boolean;
}

/** Moments in milliseconds since 1970, `gap` in milliseconds. */
export interface ToldPoller {
  readonly address: string;
  readonly service: string;
  readonly first: number;
  readonly last: number;
  readonly polls: number;
  readonly gap: number;
}

/** What `GET /api/agents/NAME` answers for an agent of this kind, as far as it matters here. */
export interface AgentReport {
  readonly name: string;
  readonly kind: string;
  /** null while it does not run. */
  readonly inspect: {
    readonly address: string | null;
    readonly services: readonly { readonly name: string; readonly answer: string }[];
    readonly pollers: readonly ToldPoller[];
  } | null;
  readonly config: {
    readonly wait: number;
    readonly http: boolean;
    readonly drain?: { readonly max: number };
    readonly weight?: object;
    readonly services?: Readonly<Record<string, { readonly weight?: object }>>;
  };
}

/** @returns undefined for an agent that does not answer now */
export function toldBy({ name, inspect, config }: AgentReport): Told | undefined {
  if (!inspect?.address) return undefined;
  const { wait, http, drain, weight, services } = config;
  return {
    agent: name,
    port: Number(inspect.address.split(":").at(-1)),
    waits: http || services ? wait : undefined,
    leaves: drain?.max,
    services: inspect.services.map((service) => ({
      ...service,
      weighs: (services?.[service.name]?.weight ?? (service.name === "*" ? weight : undefined)) !== undefined,
    })),
    pollers: inspect.pollers,
  };
}
