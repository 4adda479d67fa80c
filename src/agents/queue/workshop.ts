import type { Host } from "../../core/agent.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { LinkProblem, messageOf } from "../../core/problems.ts";
import { tcpCheck } from "../../wire/checks.ts";
import { Gate } from "./backend/gate.ts";
import { stack } from "./backend/stack.ts";
import type { Closing, Surroundings } from "./backend/surroundings.ts";
import { Backends } from "./backends.ts";
import type { Config } from "./config/agent.ts";
import { deduper } from "./dedupe.ts";
import { filter } from "./filter.ts";
import { caller } from "./forward.ts";
import { messenger } from "./passed-on.ts";
import { Preparation } from "./prepare.ts";
import { type Profile, profiles } from "./profile.ts";
import { transform } from "./transform.ts";
import { triesStatusAgain } from "./verdict.ts";

/** What stands between an agent's events and its backends, with all that has to be made ready and closed again. */
export class Workshop implements Omit<Surroundings, "readsData"> {
  readonly profile: Profile;
  readonly timeout: number;
  readonly log: Host["log"];
  readonly gate = new Gate();
  readonly env = process.env;
  readonly backends: Backends;
  readonly triesAgain: (status: number) => boolean;
  readonly called: Surroundings["called"];
  readonly message: Surroundings["message"];
  readonly readsData: boolean;
  readonly #config: Config;
  readonly #closings: Closing[] = [];
  readonly #tasks: ((signal: AbortSignal) => Promise<void>)[] = [];
  readonly owns = (closing: Closing): void => void this.#closings.push(closing);
  readonly prepares = (task: (signal: AbortSignal) => Promise<void>): void => void this.#tasks.push(task);

  constructor(config: Config, host: Host, called: Surroundings["called"]) {
    this.#config = config;
    this.profile = profiles[config.profile];
    this.timeout = config.timeout;
    this.log = host.log;
    this.called = called;
    this.message = messenger(config.forward, this.profile);
    this.triesAgain = triesStatusAgain(config.retry);
    this.readsData = readsData(config);
    this.backends = new Backends(config, {
      backend: stack(config, this),
      call: caller(config.forward, this.profile, host.name),
      gate: this.gate,
      preparation: this.#preparation(host.name),
    });
  }

  /** Does what has to be done before the first event. Throws what that throws. */
  async prepare(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task(signal)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#closings.map((closing) => closing.close()));
  }

  /** Connects to each backend whose address is fixed, and lets go again. */
  *probe(): Generator<ProbeStep> {
    const urls = this.#config.to.flatMap(({ http }) => (http && !http.discover ? http.url : []));
    const fixed = urls.filter((text) => URL.canParse(text));
    for (const [index, url] of fixed.entries()) {
      const step = fixed.length === 1 ? "backend" : `backend:${index + 1}`;
      yield { step, attempt: (signal) => connectTo(url, signal) };
    }
  }

  #preparation(agent: string): Preparation | undefined {
    const { filter: wanted, dedupe, transform: expression } = this.#config;
    if (wanted === undefined && !dedupe && expression === undefined) return undefined;
    return new Preparation({
      wanted: wanted === undefined ? undefined : filter(wanted),
      deduper: dedupe && deduper(dedupe, this, agent),
      transform: expression === undefined ? undefined : transform(expression),
    });
  }
}

/** Throws LinkProblem. */
async function connectTo(url: string, signal: AbortSignal): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  const address = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  await tcpCheck(address)(signal).catch((cause: unknown) => {
    throw new LinkProblem("connect_failed", messageOf(cause), { cause });
  });
}

/** Whether anything looks at the data of answers. Where nothing does, they are only checked. */
function readsData(config: Config): boolean {
  const { cel, lua, module, sequence, static: fixed, batch } = config;
  const about = cel ?? lua ?? module ?? sequence ?? fixed;
  const inside = config.to.some(
    ({ cel, lua, module, graphql, answer }) => cel ?? lua ?? module ?? graphql ?? answer.template,
  );
  return about !== undefined || inside || batch.items > 1;
}
