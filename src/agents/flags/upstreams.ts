import type { Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Part } from "../../core/health.ts";
import type { Config, FeatbitConfig } from "./config.ts";
import { wayOf } from "./config-way.ts";
import { type Dialect, relayDialect, sdkDialect, secretsOf } from "./dialect.ts";
import type { DataSet, EnvironmentSecret } from "./model.ts";
import type { Teller } from "./origin.ts";
import { PollFeed } from "./poll.ts";
import { RedisRegister } from "./redis-register.ts";
import { Registration } from "./registration.ts";
import type { Upstream } from "./relay.ts";
import { environmentOf } from "./secret-text.ts";
import { httpForm, streamingForm } from "./server-address.ts";
import { usualPace } from "./session.ts";
import { StreamFeed } from "./stream.ts";

/** A FeatBit server, with all that links us to it. */
export interface FeatbitServer {
  readonly tellers: readonly Teller[];
  readonly upstreams: readonly Upstream[];
  readonly streams: readonly StreamFeed[];
  readonly registration: Registration | undefined;
}

export interface FeatbitServerOptions {
  readonly config: FeatbitConfig;
  readonly host: Host;
  /** A Redis that agents share. */
  readonly store: NonNullable<Config["store"]>["redis"] | undefined;
  held(): DataSet;
  /** What is told to the server about us. */
  status(): object;
}

/** Wires the links to a server: one as an agent, or one for each environment as an SDK. */
export function featbitServer(options: FeatbitServerOptions): FeatbitServer {
  const { config } = options;
  const links = config.key
    ? [asAgent(options)]
    : (config.environments ?? []).map((_, i) => asSdk(options, i));
  const streams = links.map(({ stream }) => stream);
  const tellers = links.map(({ stream, link }) => ({ feed: stream, part: link, backoff: waits }));
  const polling = config.polling ? [poller(options, links, config.polling)] : [];
  return {
    tellers: [...tellers, ...polling],
    upstreams: links.map(({ stream, link, contents }) => ({
      link,
      contents,
      refresh: () => stream.refresh(),
      // What arrived while the link was down can only have come this way.
      transport: () =>
        link.state === "up" ? "streaming" : (contents.seen ?? 0) > link.since ? "polling" : undefined,
    })),
    streams,
    registration: links[0]?.registration,
  };
}

const waits = backoff("exponential-jitter");

interface Linked {
  readonly stream: StreamFeed;
  readonly link: Part;
  readonly contents: Part;
  readonly registration?: Registration;
}

function asAgent(options: FeatbitServerOptions): Linked {
  const { config, host, store, status } = options;
  const key = config.key!;
  const registration = new Registration({
    url: httpForm(config.url),
    way: wayOf(config),
    key,
    agent: config.agent!,
    snapshot: host.snapshot("registration"),
    register: store && new RedisRegister(store, store.prefix),
    part: host.health.part("registration"),
    changed: () => linked.stream.hurry(),
  });
  const more = {
    permit: (signal: AbortSignal) => registration.permit(signal),
    status: () => ({ agentId: registration.agent, status: JSON.stringify(status()) }),
  };
  const linked = stream(options, relayDialect(key), "", more);
  return { ...linked, registration };
}

function asSdk(options: FeatbitServerOptions, index: number): Linked {
  const environment = options.config.environments![index]!;
  return stream(options, sdkDialect(environment), `:${index + 1}`, {});
}

function stream(
  { config, host, held }: FeatbitServerOptions,
  dialect: Dialect,
  name: string,
  more: Pick<ConstructorParameters<typeof StreamFeed>[0], "permit" | "status">,
): Linked {
  const link = host.health.part(`featbit${name}`);
  const contents = host.health.part(`contents${name}`);
  const { resync } = config;
  const url = streamingForm(config.url);
  return {
    link,
    contents,
    stream: new StreamFeed({
      url,
      way: wayOf(config),
      dialect,
      held,
      part: contents,
      resync,
      pace: usualPace,
      ...more,
    }),
  };
}

function poller(
  { config, host, held }: FeatbitServerOptions,
  links: readonly Linked[],
  { after, every }: NonNullable<FeatbitConfig["polling"]>,
): Teller {
  const isAway = ({ link }: Linked) => link.state !== "up" && Date.now() - link.since >= after;
  const feed = new PollFeed({
    url: httpForm(config.url),
    way: wayOf(config),
    held,
    secrets: (config.environments ?? []).flatMap((each): EnvironmentSecret[] =>
      secretsOf(environmentOf(each.server.reveal())!, each),
    ),
    due: () => links.some(isAway),
    every,
    arrived: () => {
      for (const { contents } of links) contents.up();
    },
  });
  return { feed, part: host.health.part("polling"), backoff: backoff("exponential-jitter", { base: 5_000 }) };
}
