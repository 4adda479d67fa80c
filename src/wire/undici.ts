import type { Agent, errors as Errors, Pool, ProxyAgent } from "undici";
import connect from "undici/lib/api/api-connect.js";
import problems from "undici/lib/core/errors.js";
import AgentOf from "undici/lib/dispatcher/agent.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import PoolOf from "undici/lib/dispatcher/pool.js";
import ProxyAgentOf from "undici/lib/dispatcher/proxy-agent.js";

/*
 * The parts of undici that we use. The whole brings along a browser's `fetch`, caches, WebSockets and mocks, which take
 * 9 MB in every process.
 */

// The whole gives its dispatchers this method, by which a proxy opens a tunnel, and others that nobody here calls.
Object.assign(Dispatcher.prototype, { connect });

export const errors = problems as typeof Errors;

export function newAgent(options: Agent.Options): Agent {
  return new AgentOf(options) as Agent;
}

export function newPool(origin: string, options: Pool.Options): Pool {
  return new PoolOf(origin, options) as Pool;
}

export function newProxyAgent(options: ProxyAgent.Options): ProxyAgent {
  return new ProxyAgentOf(options) as ProxyAgent;
}
