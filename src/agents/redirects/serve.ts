import type { Host } from "../../core/agent.ts";
import { type Life, rung, unless, Within } from "../../core/life.ts";
import { HttpProxy } from "../../wire/http-proxy.ts";
import { Desk } from "./desk.ts";
import type { Judge } from "./judge.ts";
import type { Project } from "./project.ts";

/** When a successor waits at the door, what is under way gets this long, in milliseconds; then it finishes by itself. */
const HAND_OVER = 1_000;

/** How long the door stays shut for the first rules, in milliseconds. Then the upstream is served without them. */
const FIRST_RULES = 3_000;

/** An agent, as far as serving needs it. */
interface Served extends Judge {
  readonly host: Host;
  readonly projects: readonly Project[];
}

/** Opens the door, where one is configured, and answers until told to stop. */
export async function serve(agent: Served, life: Life): Promise<void> {
  const { listen, upstream, trust_forwarded } = agent.config;
  if (listen === undefined) return;
  const patience = new Within(life.stop, FIRST_RULES);
  await unless(patience.signal, Promise.all(agent.projects.map(({ known }) => known)));
  patience.release();
  if (life.stop.aborted) return;
  const proxy =
    upstream &&
    new HttpProxy({
      url: upstream.url,
      timeout: upstream.timeout,
      connectTimeout: upstream.connect_timeout,
      host: upstream.host,
      trustForwarded: trust_forwarded,
    });
  const tenancy = await agent.host.doors.open(listen, new Desk(agent, proxy).tenant);
  agent.host.log.info({ address: tenancy.address, upstream: upstream?.url }, "serving redirects");
  await rung(life.stop);
  const followed = life.stop.reason === "replaced" || life.stop.reason === "restarted";
  const within = new Within(life.kill, followed ? HAND_OVER : undefined);
  await tenancy.leave(within.signal);
  within.end();
  // Long answers of a replaced agent go on by themselves; its pool closes with the last of them.
  if (proxy && !followed) await (life.kill.aborted ? proxy.destroy() : proxy.close());
  else void proxy?.close();
}
