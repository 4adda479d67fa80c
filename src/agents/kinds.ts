import type { AgentKind } from "../core/agent.ts";
import { celery } from "./celery/index.ts";
import { flags } from "./flags/index.ts";
import { haproxy } from "./haproxy/index.ts";
import { queue } from "./queue/index.ts";
import { redirects } from "./redirects/index.ts";

/** The kinds of agents, one line each. */
export const kinds = [celery, flags, haproxy, queue, redirects] as unknown as readonly AgentKind[];
