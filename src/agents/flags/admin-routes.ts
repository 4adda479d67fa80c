import { RejectedProblem } from "../../core/problems.ts";
import type { Asking } from "./asking.ts";
import type { News } from "./dataset.ts";
import { readDump, writeDump } from "./dump.ts";
import type { Relay } from "./relay.ts";
import { json, jsonBody, problem, type Reply } from "./reply.ts";
import { environmentsOf, fullStatusOf } from "./status.ts";
import { readUser } from "./user.ts";
import { why } from "./why.ts";

/** The largest dump that is taken, in bytes. */
const MOST_DUMP = 256 * 2 ** 20;

/** The routes under `/api/public/proxy` (the documentation leaves out `public`), for whoever has the agent's key. */
export async function adminRoute(relay: Relay, asking: Asking, route: string): Promise<Reply> {
  const key = relay.config.key ?? relay.config.from.featbit?.key;
  if (!key?.is(asking.key)) return problem(401, "the key is not this agent's");
  const { method } = asking;
  switch (`${method} ${route}`) {
    case "GET status":
      return json(fullStatusOf(relay));
    case "GET environments":
      return json(environmentsOf(relay));
    case "GET backup":
      return json(writeDump(relay.origin.data));
    case "POST bootstrap":
      return tell(relay, asking, "replacement");
    case "POST patch":
      return tell(relay, asking, "patch");
    case "POST why":
      return whyRoute(relay, asking);
    default:
      return problem(404, "there is no such route");
  }
}

async function tell(relay: Relay, { request }: Asking, kind: News["kind"]): Promise<Reply> {
  const body = await jsonBody(request, MOST_DUMP);
  try {
    const applied = await relay.origin.tell({ kind, environments: readDump(body) });
    if (!applied) return problem(503, "the agent is stopping");
    if (applied.unknown.length > 0)
      return problem(400, `nothing is known of the environment ${applied.unknown[0]}; post it to bootstrap`);
    return json({ serves: relay.view?.serves ?? "", dataVersion: relay.view?.version ?? 0 });
  } catch (error) {
    if (error instanceof RejectedProblem) return problem(400, error.message);
    throw error;
  }
}

async function whyRoute(relay: Relay, { request }: Asking): Promise<Reply> {
  const body = (await jsonBody(request, 1_000_000)) as Record<string, unknown> | null;
  const user = readUser(body?.["user"]);
  if (!user) return problem(400, "`user` needs a keyId");
  const { environment, flag } = body ?? {};
  return json(why(relay, { environment: textOf(environment), flag: textOf(flag) ?? "", user }));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
