import type { AgentKind } from "../core/agent.ts";
import { haproxy } from "./haproxy/index.ts";

/** The kinds of agents, one line each. */
export const kinds = [haproxy] as unknown as readonly AgentKind[];
