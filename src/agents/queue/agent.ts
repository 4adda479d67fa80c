import type { Agent, Host } from "../../core/agent.ts";
import { backoff } from "../../core/backoff.ts";
import type { Outcome, Rejected, Sink } from "../../core/delivery.ts";
import { Health } from "../../core/health.ts";
import { type Life, onAbort, rung, together } from "../../core/life.ts";
import { Pipeline } from "../../core/pipeline.ts";
import type { ProbeStep } from "../../core/probe.ts";
import type { Source } from "../../core/source.ts";
import type { FileReplay } from "../../wire/replay.ts";
import { type AsideList, listAside } from "../../wire/set-aside.ts";
import type { Backends } from "./backends.ts";
import type { Config } from "./config/agent.ts";
import { Counts, type Ending } from "./counts.ts";
import { Depth } from "./depth.ts";
import type { Event } from "./event.ts";
import { HealthDoor } from "./health-door.ts";
import type { Mail } from "./mail.ts";
import { Pausable } from "./pausable.ts";
import { placeholders } from "./placeholders.ts";
import { retriesOf } from "./profile.ts";
import { patience } from "./reconnect.ts";
import { asideOf, fileOf, rejectedOf, shownAside } from "./rejected.ts";
import { noFile, replayOf } from "./replay.ts";
import { Requeueing } from "./requeue.ts";
import { goesWithItsLink, originOf } from "./sources.ts";
import { narrated, teller } from "./tell.ts";
import { Workshop } from "./workshop.ts";

/** Takes events from a source and hands each to its backends; what cannot be delivered is set aside. */
export class QueueAgent implements Agent {
  readonly #config: Config;
  readonly #host: Host;
  readonly #workshop: Workshop;
  readonly #backends: Backends;
  readonly #source: Pausable<Event>;
  readonly #mail: Mail | undefined;
  readonly #aside: (Sink<Rejected<Event>> & { close?(): Promise<void> }) | undefined;
  readonly #pipeline: Pipeline<Event>;
  readonly #counts: Counts;
  readonly #replay: FileReplay | undefined;
  readonly #asideFile: string | undefined;
  /** What becomes of a rejected event. */
  readonly #rejection: Ending;

  constructor(config: Config, host: Host) {
    this.#config = config;
    this.#host = host;
    const rejected = rejectedOf(config);
    this.#rejection = rejected.requeue ? "requeued" : "rejected";
    this.#counts = new Counts(host, () => this.#pipeline.inFlight);
    this.#aside = asideOf(rejected, host);
    this.#workshop = new Workshop(config, host, (...call) => this.#counts.called(...call));
    this.#backends = this.#workshop.backends;
    const { feed, mail, depth } = originOf(config, host, this.#aside !== undefined);
    this.#mail = mail;
    if (depth) this.#counts.waiting(new Depth(depth));
    const source = rejected.requeue ? new Requeueing(feed, rejected.requeue.brake) : feed;
    this.#source = new Pausable(source, { keepsLink: goesWithItsLink(config) });
    const tell = teller(config, host);
    this.#pipeline = this.#pipelineOf(this.#source, host.health, tell);
    this.#asideFile = fileOf(rejected, host);
    this.#replay = replayOf(this.#asideFile, host, (source, progress, life) =>
      // Its source is a file of ours; what becomes of that says nothing about the agent's own.
      this.#pipelineOf(source, new Health(), (event, ending, reason) => {
        if (ending === "delivered") progress.delivered++;
        else if (ending === "rejected") progress.rejected++;
        tell(event, ending, reason);
      }).run(life),
    );
  }

  async run(life: Life): Promise<void> {
    const { health } = this.#config;
    const tasks = [
      // Callers wait behind the door for what was not settled, and the door waits for its callers.
      (inner: Life) => this.#pipeline.run(inner).finally(() => this.#mail?.abandon()),
      ...(this.#replay ? [(inner: Life) => this.#replay!.run(inner)] : []),
      ...(this.#mail ? [(inner: Life) => this.#receive(this.#mail!, inner)] : []),
      ...(health ? [(inner: Life) => new HealthDoor(health, this.#host).run(inner)] : []),
    ];
    const forget = onAbort(life.stop, () => this.#backends.leave(life.stop.reason));
    try {
      await this.#workshop.prepare(life.stop);
      await narrated(this.#config, this.#host, () => together(life, ...tasks));
    } finally {
      forget();
      // Also after a fall: what waits to be sent belongs to a life that is over.
      this.#backends.leave("stopped");
      await this.#aside?.close?.();
      await this.#workshop.close();
    }
  }

  /** Everything outside that it needs: the source, the backends' addresses, and where rejected events go. */
  *probe(): Generator<ProbeStep> {
    yield { step: "source", attempt: (signal) => this.#source.probe(signal) };
    yield* this.#workshop.probe();
    const aside = this.#aside;
    if (aside?.probe) yield { step: "rejected", attempt: (signal) => aside.probe?.(signal) };
  }

  pause(): { readonly paused: boolean } {
    this.#source.pause();
    this.#mail?.hold();
    return { paused: true };
  }

  resume(): { readonly paused: boolean } {
    this.#mail?.release();
    this.#source.resume();
    return { paused: false };
  }

  /** @param ids as `setAside` names them; default all */
  async replay(ids?: readonly string[]): Promise<{ readonly replaying: boolean }> {
    if (!this.#replay) throw noFile();
    return this.#replay.begin(ids);
  }

  /** What was set aside in a file, the newest first. */
  setAside(most: number): Promise<AsideList> {
    if (this.#asideFile === undefined) throw noFile();
    return listAside(this.#asideFile, most, shownAside);
  }

  inspect(): unknown {
    const { profile, workers } = this.#config;
    const { inFlight } = this.#pipeline;
    const { paused } = this.#source;
    const waits = Math.round(this.#workshop.gate.wait());
    return {
      profile,
      workers,
      paused,
      in_flight: inFlight,
      ...(waits > 0 && { waits_ms: waits }),
      ...this.#counts.inspect(),
      ...(this.#replay && { replay: this.#replay.progress }),
    };
  }

  #pipelineOf(
    source: Source<Event>,
    health: Health,
    told: (event: Event, ending: Ending, reason: unknown) => void,
  ): Pipeline<Event> {
    const { workers, retry, profile, batch, lane, from } = this.#config;
    const laned = lane === undefined ? undefined : placeholders(lane);
    return new Pipeline<Event>({
      source,
      transform: (event) => {
        this.#counts.received();
        return event;
      },
      batch: { items: batch.items, bytes: batch.size, window: batch.items > 1 ? batch.window : 0 },
      ...(laned ? { lane: (event: Event) => laned({ event }) } : {}),
      sink: this.#backends,
      ...(this.#aside ? { rejected: this.#aside } : {}),
      workers,
      retries: retriesOf(this.#config),
      health,
      // Ten tries with pauses of any length could be over in seconds, and an outage of a minute set events aside.
      backoff: backoff(retry.backoff, { base: retry.first, max: retry.max, least: 0.5 }),
      reconnect: from.amqp && patience(from.amqp.reconnect, profile === "safe"),
      settled: (outcome, event, reason, tries) => {
        const ending = this.#ending(outcome, event);
        this.#counts.settled(event, ending, tries, reason);
        told(event, ending, reason);
      },
    });
  }

  #ending(outcome: Outcome, event: Event): Ending {
    return outcome === "done" ? this.#backends.fateOf(event) : this.#rejection;
  }

  async #receive(mail: Mail, life: Life): Promise<void> {
    const tenancy = await this.#host.doors.open(this.#config.listen!, mail.tenant);
    this.#host.log.info({ address: tenancy.address }, "events may be posted");
    await rung(life.stop);
    mail.shut();
    await tenancy.leave(life.kill);
  }
}
