import type { AgentKind } from "../core/agent.ts";
import { haproxy } from "./haproxy/index.ts";
import { queue } from "./queue/index.ts";
import { redirects } from "./redirects/index.ts";

/** The kinds of agents, one line each. */
export const kinds = [haproxy, queue, redirects] as unknown as readonly AgentKind[];
