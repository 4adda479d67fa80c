import type { Agent, Host } from "../../core/agent.ts";
import { type Life, rung, together, Within } from "../../core/life.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { ConfigProblem } from "../../core/problems.ts";
import type { AsideList } from "../../wire/set-aside.ts";
import { hostOf } from "./berth.ts";
import { Book } from "./book.ts";
import type { Config } from "./config.ts";
import { Control } from "./control.ts";
import { Fleet } from "./fleet.ts";
import { Line } from "./line.ts";
import { measured } from "./measure.ts";
import { Program } from "./program.ts";
import { shownSubscription } from "./shown.ts";
import { mistakesOfAdded } from "./subscription.ts";
import { nameOf, type Subscription } from "./subscription-fields.ts";
import { Supervisord } from "./supervisord.ts";
import type { SweepOptions, Swept } from "./sweep.ts";

/** Carries Celery's events to Leek: on one way, or on as many as there are subscriptions. */
export class CeleryAgent implements Agent {
  readonly #config: Config;
  readonly #host: Host;
  readonly #single: Line | undefined;
  readonly #fleet: Fleet;
  readonly #book: Book | undefined;

  constructor(config: Config, host: Host) {
    this.#config = config;
    this.#host = host;
    const { from, to, subscriptions } = config;
    if (from && to) this.#single = new Line(host.name, { ...config, from, to }, host);
    this.#fleet = new Fleet(host);
    this.#book = subscriptions && new Book(subscriptions, host, () => this.#fleet.want(this.#book!.wanted));
    measured(host.metrics, () => this.#lines());
  }

  async run(life: Life): Promise<void> {
    if (this.#single) return this.#single.run(life);
    const book = this.#book!;
    await book.load();
    const { listen, supervisord } = this.#config;
    if (book.wanted.size === 0 && listen === undefined && supervisord === undefined) {
      this.#host.log.warn({}, "there is no subscription, so there is nothing to do");
      return;
    }
    await together(
      life,
      (inner) => this.#fleet.run(inner),
      (inner) => book.follow(inner.stop),
      (inner) => this.#receive(inner),
    );
  }

  /** Brokers, Leek, and where rejected events go, of every subscription. */
  async *probe(): AsyncGenerator<ProbeStep> {
    if (this.#single) return yield* this.#single.probe();
    await this.#book!.load();
    const lines = [...this.#book!.wanted].map(
      ([name, config]) => new Line(name, config, hostOf(this.#host, name)),
    );
    for (const line of lines) {
      for await (const step of line.probe()) yield { ...step, step: `${step.step}:${line.name}` };
    }
  }

  inspect(): unknown {
    if (this.#single) return this.#single.inspect();
    const lines = this.#lines().map((line) => [line.name, line.inspect()]);
    const kept = this.#book!.kept.map((each) => shownSubscription(each));
    return { halted: this.#fleet.halted, subscriptions: Object.fromEntries(lines), kept };
  }

  /** @param ids as `setAside` names them; default all */
  async replay(name?: string, ids?: readonly string[]): Promise<{ readonly replaying: boolean }> {
    const begun = await Promise.all(this.#named(name).map((line) => line.replay(ids)));
    return { replaying: begun.some(({ replaying }) => replaying) };
  }

  /** What was set aside, the newest first. */
  async setAside(most: number, name?: string): Promise<AsideList> {
    const lists = await Promise.all(this.#named(name).map((line) => line.setAside(most)));
    const items = lists.flatMap((list) => list.items).sort((a, b) => (a.at < b.at ? 1 : -1));
    return { total: lists.reduce((sum, { total }) => sum + total, 0), items: items.slice(0, most) };
  }

  async sweep(name: string | undefined, options: SweepOptions): Promise<Readonly<Record<string, Swept>>> {
    const swept = await Promise.all(
      this.#named(name).map(async (line) => [line.name, await line.sweep(options)] as const),
    );
    return Object.fromEntries(swept);
  }

  #named(name: string | undefined): readonly Line[] {
    const lines = this.#lines().filter((line) => name === undefined || line.name === name);
    if (lines.length === 0 && name !== undefined) throw unknown(name);
    return lines;
  }

  async subscribe(given: Subscription): Promise<{ readonly subscribed: string }> {
    const mistakes = mistakesOfAdded(given);
    if (mistakes.length > 0) {
      throw new ConfigProblem("input_invalid", mistakes.map(({ message }) => message).join("; "), {
        mistakes,
      });
    }
    const book = this.#several();
    const name = nameOf(given);
    if (book.isFixed(name)) {
      throw new ConfigProblem("input_invalid", `the subscription ${name} is fixed by the configuration`);
    }
    await book.put({
      exchange: "celeryev",
      queue: "leek.fanout",
      routing_key: "#",
      org_name: "mono",
      ...given,
    });
    return { subscribed: name };
  }

  async unsubscribe(name: string): Promise<{ readonly unsubscribed: boolean }> {
    return { unsubscribed: await this.#several().remove(name) };
  }

  halt(): { readonly halted: boolean } {
    this.#several();
    this.#fleet.halt();
    return { halted: true };
  }

  resume(): { readonly halted: boolean } {
    this.#several();
    this.#fleet.resume();
    return { halted: false };
  }

  #lines(): readonly Line[] {
    return this.#single ? [this.#single] : this.#fleet.lines;
  }

  #several(): Book {
    if (this.#book) return this.#book;
    throw new ConfigProblem(
      "input_invalid",
      "this agent has one way alone, which the configuration decides",
      {
        remedy: "Write `subscriptions` in place of `from` and `to`.",
      },
    );
  }

  /** Leek's routes for its agent, and supervisord's, where somebody may ask for them. */
  async #receive(life: Life): Promise<void> {
    const { listen, supervisord, subscriptions } = this.#config;
    const [host, book] = [this.#host, this.#book!];
    const program = new Program(this.#fleet);
    const routes = { program, book, host, token: subscriptions?.token };
    await together(
      life,
      (inner) => this.#answer(listen, new Control(routes), inner),
      (inner) => this.#answer(supervisord, new Supervisord(program, host.log), inner),
    );
  }

  async #answer(address: string | undefined, door: Pick<Control, "answer">, life: Life): Promise<void> {
    if (address === undefined) return;
    const within = new Within(life.kill);
    const tenancy = await this.#host.doors.open(address, {
      request: (request, response) => door.answer(request, response, within.signal),
    });
    this.#host.log.info({ address: tenancy.address }, "Leek's routes for agents are answered");
    await rung(life.stop);
    await tenancy.leave(life.kill);
    within.end();
  }
}

function unknown(name: string): ConfigProblem {
  return new ConfigProblem("input_invalid", `there is no subscription "${name}"`);
}
