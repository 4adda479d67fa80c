import assert from "node:assert/strict";
import type { z } from "zod";
import { jsonSchema } from "../config/json-schema.ts";
import { agentSchema } from "../config/root.ts";
import type { Agent, AgentKind, Host } from "../core/agent.ts";
import { type Life, Lifetime } from "../core/life.ts";
import { tried } from "../core/probe.ts";
import { comesTrue, inTime, type Law, law, type Make, patience, type Subject } from "./law.ts";
import { Handles, listeners, Timers } from "./leftovers.ts";
import { DOOR, type Observed, observed } from "./observed.ts";

export interface AgentSubject extends Subject {
  readonly kind: AgentKind;
  /** What a person would write, `kind` left out. Each call gives another agent: its own addresses and files. */
  config(): Readonly<Record<string, unknown>>;
  /** What the process gives to an agent of this name; each call is another life of it. */
  host(name: string): Host;
  /** Texts of the configuration that must never be shown. */
  readonly secrets?: readonly string[];
  /** How long it may take to finish after `stop`, in milliseconds. Default 5,000. */
  readonly grace?: number;
  /** Gives it something to do, so that it is met at work: clients that connect, items that come. */
  use?(agent: Agent, host: Host): void | Promise<void>;
}

/** An agent that was created, and everything that can be seen of it. */
interface Created extends Observed {
  readonly agent: Agent;
  readonly config: z.output<z.ZodObject>;
}

/** An agent that runs. */
interface Running extends Created {
  readonly life: Lifetime;
  readonly ended: Promise<void>;
}

async function create({ kind, config, host }: AgentSubject, name: string): Promise<Created> {
  await kind.load?.();
  const { kind: _, required, grace, ...parsed } = agentSchema(kind).parse({ ...config(), kind: kind.kind });
  const seen = observed(host(name));
  seen.host.health.begin();
  // As the process does: who claims an address is not ready before it answers there.
  if (kind.claims?.(parsed).length) seen.host.health.awaits(DOOR);
  return { ...seen, config: parsed, agent: kind.create(parsed, seen.host) };
}

function run(created: Created, life = new Lifetime()): Running {
  const ended = created.agent.run(life);
  // What it throws is looked at by whoever waits for the end.
  ended.catch(() => {});
  created.host.health.running();
  return { ...created, life, ended };
}

/** Runs an agent until it is ready and at work. */
async function work(subject: AgentSubject, name = "one"): Promise<Running> {
  const running = run(await create(subject, name));
  const { health } = running.host;
  const ready = comesTrue(
    2 * patience.soon,
    () => health.phase === "ready",
    `it has to be ready, ${JSON.stringify(health.report())}`,
  );
  await Promise.race([ready, running.ended.then(() => ready)]);
  await subject.use?.(running.agent, running.host);
  return running;
}

async function stop({ grace = patience.soon }: AgentSubject, { life, ended }: Running): Promise<void> {
  life.ringStop("stopped");
  await inTime(grace, ended, "it has to end after `stop`");
}

async function kill({ life, ended }: Running): Promise<void> {
  life.ringKill("stopped");
  await inTime(patience.atOnce, ended, "it has to end after `kill`");
}

function unheard({ stop: one, kill: other }: Life): void {
  assert.equal(listeners(one) + listeners(other), 0, "nobody may listen to its life any more");
}

/** Watches what an agent that was `ended` leaves behind. */
async function leavesNothing(subject: AgentSubject, ended: string, live: () => Promise<void>): Promise<void> {
  const handles = new Handles();
  const timers = new Timers();
  try {
    await live();
  } finally {
    // What is the process's own, such as its doors, goes first.
    await subject.close?.();
    await timers.gone(`an agent was ${ended}`);
  }
  await handles.gone(`what a ${ended} agent used`);
}

/** The laws of an agent and its kind. */
export function agentLaws(make: Make<AgentSubject>): Law[] {
  const about = (name: string, check: (subject: AgentSubject) => Promise<void>) =>
    law(`an agent ${name}`, make, check);
  return [
    about(
      "has a configuration with a schema, which knows every key and is described",
      async ({ kind, config }) => {
        const schema = agentSchema(kind);
        const given = { ...config(), kind: kind.kind };
        assert.ok(schema.safeParse(given).success, "the configuration on trial has to fit");
        assert.ok(!schema.safeParse({ ...given, no_such_key: 1 }).success, "unknown keys have to be refused");
        const { properties = {} } = jsonSchema(kind.config);
        const silent = Object.entries(properties).filter(([, { description }]) => !description);
        assert.deepEqual(
          silent.map(([name]) => `${name} has no description`),
          [],
        );
        for (const each of Object.values(kind.actions ?? {})) jsonSchema(each.input);
      },
    ),
    about("is created without touching anything", async (subject) => {
      await subject.kind.load?.();
      const handles = new Handles();
      const timers = new Timers();
      try {
        const { touched } = await create(subject, "one");
        assert.deepEqual(touched, [], "`create` is wiring only");
        assert.equal(timers.count, 0, "`create` may begin no timer");
        assert.deepEqual(handles.more(), [], "`create` may open nothing");
      } finally {
        timers.release();
      }
    }),
    about("ends within its grace of `stop`, and leaves nothing behind", (subject) =>
      leavesNothing(subject, "stopped", async () => {
        const running = await work(subject);
        await stop(subject, running);
        unheard(running.life);
      }),
    ),
    about("ends at once on `kill`, whatever it is doing, and leaves nothing behind", (subject) =>
      leavesNothing(subject, "killed", async () => {
        const running = await work(subject);
        await kill(running);
        unheard(running.life);
        const early = run(await create(subject, "early"));
        await kill(early);
        unheard(early.life);
      }),
    ),
    about("ends if it was told to stop before it ran", async (subject) => {
      const life = new Lifetime();
      life.ringStop("stopped");
      const running = run(await create(subject, "late"), life);
      await inTime(subject.grace ?? patience.soon, running.ended, "it has to end");
      unheard(life);
    }),
    about("lives beside another one of its kind, and again after it ended", async (subject) => {
      const [one, two] = [await work(subject, "one"), await work(subject, "two")];
      await stop(subject, one);
      assert.equal(two.host.health.phase, "ready", "the other one must not notice");
      const again = await work(subject, "one");
      await Promise.all([stop(subject, two), stop(subject, again)]);
    }),
    about("tells what it is as JSON, and no secret, at any time", async (subject) => {
      const created = await create(subject, "one");
      plain(created, subject);
      const running = run(created);
      plain(running, subject);
      await kill(running);
      plain(running, subject);
      const working = await work(subject, "two");
      plain(working, subject);
      await stop(subject, working);
    }),
    about("opens no address that it does not claim", async (subject) => {
      const running = await work(subject);
      await stop(subject, running);
      const claimed = (subject.kind.claims?.(running.config) ?? []).map(({ address }) => address);
      assert.deepEqual(
        running.opened.filter((address) => !claimed.includes(address)),
        [],
      );
      assert.deepEqual(
        claimed.filter((address) => !running.opened.includes(address)),
        [],
        "claimed, but not opened",
      );
    }),
    about("has no series that its kind does not list", async (subject) => {
      const running = await work(subject);
      await stop(subject, running);
      const listed = (subject.kind.metrics ?? []).map(({ name }) => name);
      assert.deepEqual(
        [...running.series].filter((name) => !listed.includes(name)),
        [],
      );
    }),
    about("can be probed without being run", async (subject) => {
      const { agent, opened } = await create(subject, "one");
      const names: string[] = [];
      const all = async () => {
        for await (const { step } of tried(agent, patience.soon)) names.push(step);
      };
      await inTime(patience.soon, all(), "a probe has to end");
      assert.equal(new Set(names).size, names.length, "each step of a probe has a name of its own");
      assert.deepEqual(opened, [], "a probe may open no door");
    }),
  ];
}

function plain({ agent, logged }: Created, { secrets = [] }: AgentSubject): void {
  const told = agent.inspect?.();
  const text = JSON.stringify(told) ?? "null";
  assert.deepEqual(
    JSON.parse(text),
    JSON.parse(JSON.stringify(structuredClone(told ?? null))),
    "it has to be plain JSON",
  );
  for (const secret of secrets) {
    assert.ok(!text.includes(secret), "`inspect` shows a secret");
    assert.ok(!JSON.stringify(logged).includes(secret), "the log shows a secret");
  }
}
