import { z } from "zod";
import { address, duration, secret } from "../../src/config/units.ts";
import { type Agent, type AgentKind, action, defineAgent, type Host } from "../../src/core/agent.ts";
import type { HttpTenant } from "../../src/core/doors.ts";
import { type Life, rung, sleep } from "../../src/core/life.ts";
import type { ProbeStep } from "../../src/core/probe.ts";
import { DeniedProblem, LinkProblem } from "../../src/core/problems.ts";

const config = z.strictObject({
  says: z.string().default("hello").describe("What it answers."),
  listen: address().optional().describe("Where it answers."),
  hosts: z.array(z.string()).optional().describe("The hosts it answers for."),
  looks_at: z.array(z.string()).default([]).describe("Other agents."),
  token: secret().optional().describe("Something that must never be shown."),
  pattern: z
    .string()
    .transform((text) => new RegExp(text))
    .optional()
    .describe("Something that looks alike when it is written down."),
  fails: z.enum(["create", "run", "part"]).optional().describe("Where it fails, to see what the others do."),
  finish: duration().prefault("0s").describe("How long it takes to finish after it was told to stop."),
});

type Config = z.output<typeof config>;

const spoken = { name: "parrot_spoken_total", help: "Answers.", type: "counter", labels: ["tone"] } as const;
const told = { name: "parrot_told_total", help: "Actions.", type: "counter" } as const;

const took = { name: "parrot_took_seconds", help: "Thinking.", type: "histogram", buckets: [1] } as const;

export class Parrot implements Agent {
  readonly config: Config;
  readonly #host: Host;
  readonly #spoken;
  readonly took;
  said: string;
  told = 0;

  constructor(given: Config, host: Host) {
    if (given.fails === "create") throw new Error("this parrot is no more");
    this.config = given;
    this.#host = host;
    this.said = given.says;
    this.#spoken = host.metrics.counter(spoken, { tone: "loud" });
    this.took = host.metrics.histogram(took);
    host.metrics.read(told, () => [{ value: this.told }]);
  }

  async run(life: Life): Promise<void> {
    const { listen, hosts, fails, finish, token } = this.config;
    this.#host.log.info({ token, nested: { token } }, "parrot sits");
    if (fails === "run")
      throw new LinkProblem("connect_failed", "cannot reach amqp://user:canary@mq.example");
    if (fails === "part") this.#host.health.part("origin").down(new LinkProblem("timed_out", "no answer"));
    const tenancy =
      listen === undefined ? undefined : await this.#host.doors.open(listen, this.#tenant(hosts));
    await rung(life.stop);
    await sleep(finish, life.kill);
    await tenancy?.leave(life.kill);
  }

  #tenant(hosts: readonly string[] | undefined): HttpTenant {
    return {
      ...(hosts && { hosts }),
      request: (_, response) => {
        this.#spoken.inc();
        response.end(this.said);
      },
    };
  }

  /** More than it should tell: whoever shows it has to mask it. */
  inspect(): unknown {
    return { said: this.said, config: this.config };
  }

  *probe(): Generator<ProbeStep> {
    yield { step: "perch", attempt: () => {} };
    yield {
      step: "listener",
      attempt: () => {
        if (this.said === "nothing") throw new LinkProblem("connect_failed", "nobody is there");
        if (this.config.token?.reveal() === "wrong") {
          throw new DeniedProblem("credentials_refused", "mq.example refuses amqp://parrot:wrong@mq.example");
        }
        return this.said === "later" ? new Promise(() => {}) : undefined;
      },
    };
  }
}

const sayInput = z.strictObject({ text: z.string().min(1), times: z.int().min(1).default(1) });

/** A small kind that can do, and fail at, everything that the runtime has to deal with. */
export const parrot = defineAgent<typeof config, Parrot>({
  kind: "parrot",
  summary: "For tests.",
  config,
  create: (given, host) => new Parrot(given, host),
  claims: ({ listen, hosts }) => (listen ? [{ address: listen, alone: false, hosts }] : []),
  watches: ({ looks_at }) => looks_at,
  signals: () => ({ SIGUSR1: "say_hi", SIGHUP: "say_hi" }),
  metrics: [spoken, told, took],
  headline: { rate: [{ metric: spoken }, { metric: told }], errors: [{ metric: told }], latency: took },
  example: { says: "hello" },
  actions: {
    say: action<Parrot, typeof sayInput>({
      summary: "Say something else.",
      input: sayInput,
      run: (agent, { text, times }) => {
        agent.told++;
        agent.said = text.repeat(times);
      },
    }),
    say_hi: action<Parrot, z.ZodObject>({
      summary: "Say hi.",
      input: z.strictObject({}),
      run: (agent) => {
        agent.told++;
        agent.said = "hi";
      },
    }),
    tell: action<Parrot, z.ZodObject>({
      summary: "Tell more than it should.",
      input: z.strictObject({}),
      run: (agent) => agent.config,
    }),
    fall: action<Parrot, z.ZodObject>({
      summary: "Meet a defect.",
      input: z.strictObject({}),
      run: () => {
        throw new TypeError("a defect");
      },
    }),
  },
});

export const kinds = [parrot] as unknown as readonly AgentKind[];
