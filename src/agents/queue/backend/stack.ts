import type { Config } from "../config/agent.ts";
import type { BackendConfig } from "../config/backend.ts";
import { breaker } from "./breaker.ts";
import { type Backend, type Layer, stacked } from "./call.ts";
import { cel } from "./cel.ts";
import { connected, hostsOf } from "./connect.ts";
import { fixed } from "./fixed.ts";
import { flatmap } from "./flatmap.ts";
import { Gate } from "./gate.ts";
import { graphql } from "./graphql.ts";
import { lua } from "./lua/index.ts";
import { parallel } from "./merge.ts";
import { module } from "./module.ts";
import { rate } from "./rate.ts";
import { balanced, building, headerFilter, newBody, newData, ownHeaders, queryFilter } from "./request.ts";
import { schema } from "./schema.ts";
import { chain } from "./sequence.ts";
import { shadowed } from "./shadow.ts";
import type { Surroundings } from "./surroundings.ts";

/** Everything between an event and its backends, the outermost first. Source of the order: krakend-async §4. */
export function stack(config: Config, around: Surroundings): Backend {
  const shadows = config.to.filter(({ shadow }) => shadow);
  const real = config.to.filter(({ shadow }) => !shadow);
  const longest = Math.max(...shadows.map(({ shadow }) => shadow?.timeout ?? around.timeout));
  return stacked(
    [
      config.lua && lua(config.lua, around, "agent"),
      config.cel && cel(config.cel, around, "agent"),
      config.schema !== undefined ? schema(config.schema, around) : undefined,
      shadows.length > 0 ? shadowed(several(shadows, config, around), longest, around) : undefined,
    ],
    several(real, config, around),
  );
}

/** Backends that belong together, and what is done with their merged answer. */
function several(backends: readonly BackendConfig[], config: Config, around: Surroundings): Backend {
  const many = backends.length > 1;
  return stacked(
    [
      config.static && fixed(config.static),
      config.module && module(config.module, around),
      many && config.flatmap.length > 0 ? flattened(config) : undefined,
    ],
    many ? merged(backends, config, around) : one(backends[0]!, around),
  );
}

function merged(backends: readonly BackendConfig[], config: Config, around: Surroundings): Backend {
  // Holding events back for one of several backends would keep them from the others.
  const inner = { ...around, gate: new Gate() };
  const shares = sharesBody(backends, config, around);
  const links = backends.map((backend, index) => ({
    backend: shares && index > 0 ? bodiless(one(backend, inner)) : one(backend, inner),
    pattern: patternOf(backend),
  }));
  const { sequence } = config;
  if (sequence) return chain(links, sequence, around.timeout, around.profile.goText);
  return parallel(
    links.map(({ backend }) => backend),
    around.timeout,
  );
}

/** One backend with all its layers. */
function one(config: BackendConfig, around: Surroundings): Backend {
  const { http } = config;
  return stacked(
    [
      queryFilter(config),
      http && building(http, around),
      http && balanced(hostsOf(http, around), around),
      headerFilter(config, around),
      http && ownHeaders(http),
      newBody(config),
      config.graphql && graphql(config.graphql, around),
      config.module && module(config.module, around),
      config.breaker && breaker(config.breaker, around),
      config.rate && rate(config.rate, around),
      config.lua && lua(config.lua, around, "backend"),
      config.cel && cel(config.cel, around, "backend"),
      newData(config),
    ],
    connected(config, nameOf(config), around),
  );
}

/** In the peer, backends that only read share one body, and the first takes all of it. Source: krakend-async §5.9. */
function sharesBody(
  backends: readonly BackendConfig[],
  { copies }: Config,
  { profile }: Surroundings,
): boolean {
  const reads = ({ http }: BackendConfig) => /^(?:GET|HEAD)$/i.test(http?.method ?? profile.method);
  return copies === undefined ? profile.sharesBody && backends.every(reads) : !copies;
}

function bodiless(backend: Backend): Backend {
  return (call, signal) => backend({ ...call, body: Buffer.alloc(0) }, signal);
}

function flattened({ flatmap: operations }: Config): Layer {
  return (next) => async (call, signal) => {
    const answer = await next(call, signal);
    if (answer.problem || !answer.data) return answer;
    return { ...answer, data: flatmap(operations, answer.data) };
  };
}

/** What a backend is called in metrics and logs: never its host, which may hold a password, nor a query with a key. */
export function nameOf({ name, http, lambda, amqp }: BackendConfig): string {
  return name ?? http?.path.split("?")[0] ?? lambda?.function ?? amqp?.exchange?.name ?? "";
}

function patternOf({ http }: BackendConfig): string {
  return http?.path ?? "";
}
