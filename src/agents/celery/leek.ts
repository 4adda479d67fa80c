import type { Sink } from "../../core/delivery.ts";
import { sleep } from "../../core/life.ts";
import {
  DeniedProblem,
  isTrouble,
  LinkProblem,
  PartialProblem,
  type Problem,
  RejectedProblem,
} from "../../core/problems.ts";
import type { HttpAnswer } from "../../wire/http-client.ts";
import { chunksOf, fail, halves, isRefusal, storedBy } from "./chunks.ts";
import type { Document } from "./document.ts";
import type { LeekApi } from "./leek-api.ts";
import { type Merged, mergeAll } from "./merge.ts";
import type { PostCounts } from "./post-counts.ts";
import { type Level, shortened, stripped, writtenDocument } from "./written.ts";

export interface LeekSinkOptions {
  readonly api: LeekApi;
  readonly level: Level | "auto";
  readonly counts: PostCounts;
  /** So many posts at once. */
  readonly lanes: number;
  /** The pause before a refused batch is tried once more, in milliseconds; then twice that. Default 1,000. */
  readonly pause?: number;
}

/** A refused batch is tried so often as it is, before what is wrong with it is looked for. */
const PATIENT = 2;
/** So often it is put down to the API when it refuses every single document of a batch. */
const DOUBTS = 5;
/** The shortest and the longest pause between looks whether a person has mended what is refused, in milliseconds. */
const LOOKS = { first: 5_000, most: 60_000 };

/** Merges documents and posts them to Leek; decides by its answer what becomes of each. Source: leek §9.2. */
export class LeekSink implements Sink<Document> {
  readonly #options: LeekSinkOptions;
  #level: Promise<Level> | undefined;
  #greeted = false;
  /** How often in a row the API has refused us altogether. */
  #refusals = 0;
  /** How often a batch that begins with this document was refused wholly. */
  readonly #doubts = new WeakMap<Document, number>();

  constructor(options: LeekSinkOptions) {
    this.#options = options;
  }

  async write(documents: readonly Document[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#gate(signal);
    const merged = mergeAll(documents);
    const failed = new Map<number, Problem>();
    const chunks = chunksOf(merged, this.#options.lanes);
    const trouble = await this.#deliverAll(chunks, failed, signal);
    // What was stored already is not written once more.
    for (const chunk of chunks) for (const each of chunk) if (trouble) fail(failed, each, trouble);
    if (trouble && failed.size === documents.length) throw trouble;
    if (failed.size > 0) throw new PartialProblem(failed);
  }

  /**
   * Delivers chunks, several at once; no two of them hold documents of the same task. Those delivered are taken out.
   * @returns what stands in the way of the others, if any are left
   */
  async #deliverAll(
    chunks: (readonly Merged[])[],
    failed: Map<number, Problem>,
    signal: AbortSignal,
  ): Promise<Problem | undefined> {
    const again: (readonly Merged[])[] = [];
    let trouble: Problem | undefined;
    const lane = async () => {
      for (let chunk = chunks.shift(); chunk; chunk = trouble ? undefined : chunks.shift()) {
        try {
          await this.#deliver(chunk, failed, signal);
        } catch (error) {
          if (!isTrouble(error) || signal.aborted) throw error;
          trouble ??= error;
          again.push(chunk);
        }
      }
    };
    await Promise.all(Array.from({ length: this.#options.lanes }, lane));
    chunks.push(...again);
    return trouble;
  }

  /** Throws why it would take nothing now. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#options.api.greet(signal);
    await this.#options.api.ready(signal);
  }

  /** Resolves when the API has said that it is ready. Throws a Problem when it is not. */
  async greet(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    try {
      if (!this.#greeted) await api.greet(signal);
      await api.ready(signal);
    } catch (error) {
      throw error instanceof DeniedProblem ? this.#refused(error) : error;
    }
    this.#greeted = true;
    this.#refusals = 0;
  }

  /** Nothing is posted before the API has greeted us, and after it refused us until it says that it is ready. */
  async #gate(signal: AbortSignal): Promise<void> {
    if (!this.#greeted || this.#refusals > 0) await this.greet(signal);
  }

  #refused(problem: DeniedProblem): DeniedProblem {
    const { message, remedy } = problem;
    const retryAfter = Math.min(LOOKS.most, LOOKS.first * 2 ** Math.min(this.#refusals++, 10));
    return new DeniedProblem("credentials_refused", message, { remedy, retryAfter, cause: problem });
  }

  /** Posts one chunk and names in `failed` what can never be stored. Throws a Problem where it is not for now. */
  async #deliver(chunk: readonly Merged[], failed: Map<number, Problem>, signal: AbortSignal): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = await this.#post(chunk, signal);
      if (answer.status === 201) return;
      if (answer.status === 413) return this.#split(chunk, failed, signal);
      if (!isRefusal(answer)) throw this.#trouble(answer);
      if (tries === PATIENT) return this.#isolate(chunk, answer, failed, signal);
      await sleep((this.#options.pause ?? 1_000) * 2 ** tries, signal);
      signal.throwIfAborted();
    }
  }

  #trouble(answer: HttpAnswer): Problem {
    const problem = this.#options.api.problem(answer, "POST");
    if (problem instanceof DeniedProblem) return this.#refused(problem);
    // A status that nobody has heard of says nothing against the documents.
    return isTrouble(problem) ? problem : new LinkProblem("answer_unexpected", problem.message);
  }

  /** Too large: by halves, and a single one with its long texts cut. */
  async #split(chunk: readonly Merged[], failed: Map<number, Problem>, signal: AbortSignal): Promise<void> {
    if (chunk.length > 1) {
      for (const half of halves(chunk)) await this.#deliver(half, failed, signal);
      return;
    }
    const [only] = chunk as readonly [Merged];
    const answer = await this.#post([{ ...only, document: shortened(only.document) }], signal);
    if (answer.status !== 201) await this.#strip(only, answer, failed, signal);
  }

  /** Finds the documents that make the API refuse a chunk. */
  async #isolate(
    chunk: readonly Merged[],
    answer: HttpAnswer,
    failed: Map<number, Problem>,
    signal: AbortSignal,
  ): Promise<void> {
    // One that refuses even nothing has a trouble of its own.
    const nothing = await this.#post([], signal);
    if (nothing.status !== 201) throw this.#trouble(nothing);
    const guilty = chunk.length === 1 ? [...chunk] : await this.#guilty(chunk, signal);
    const [first] = chunk as readonly [Merged, ...Merged[]];
    const doubts = this.#doubts.get(first.document) ?? 0;
    if (chunk.length > 1 && guilty.length === chunk.length && doubts < DOUBTS) {
      this.#doubts.set(first.document, doubts + 1);
      throw new LinkProblem("server_failed", `Leek refuses every document: ${this.#trouble(answer).message}`);
    }
    for (const each of guilty) await this.#strip(each, answer, failed, signal);
  }

  /** Those that are refused by themselves too; the others are stored meanwhile. */
  async #guilty(chunk: readonly Merged[], signal: AbortSignal): Promise<Merged[]> {
    if (chunk.length === 1) return [...chunk];
    const guilty: Merged[] = [];
    for (const half of halves(chunk)) {
      const answer = await this.#post(half, signal);
      if (answer.status === 201) continue;
      if (!isRefusal(answer) && answer.status !== 413) throw this.#trouble(answer);
      guilty.push(...(await this.#guilty(half, signal)));
    }
    return guilty;
  }

  /** A document without its optional fields is better than none. */
  async #strip(
    one: Merged,
    before: HttpAnswer,
    failed: Map<number, Problem>,
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await this.#post([{ ...one, document: stripped(one.document) }], signal);
    if (answer.status === 201) return this.#options.counts.stripped();
    if (!isRefusal(answer) && answer.status !== 413) throw this.#trouble(answer);
    const { message } = this.#trouble(before);
    const refused = new RejectedProblem(
      "item_refused",
      `Leek refuses this document, whole or bare: ${message}`,
    );
    fail(failed, one, refused);
  }

  async #post(chunk: readonly Merged[], signal: AbortSignal): Promise<HttpAnswer> {
    const { api, counts } = this.#options;
    const level = await this.#levelOf(signal);
    const texts = chunk.map(({ document }) => writtenDocument(document, level));
    const began = performance.now();
    try {
      const answer = await api.post(texts, signal);
      counts.answered(answer.status, performance.now() - began);
      if (answer.status === 201) this.#stored(chunk, answer);
      return answer;
    } catch (error) {
      counts.answered(0, performance.now() - began);
      // Who comes back may be another release.
      this.#level = undefined;
      if (chunk.length > 0) counts.unclear(chunk.length);
      throw error;
    }
  }

  #stored(chunk: readonly Merged[], { body }: HttpAnswer): void {
    const { counts } = this.#options;
    const events = chunk.reduce((sum, { from }) => sum + from.length, 0);
    counts.posted(chunk.length, events);
    const stored = storedBy(body.toString("utf8"));
    if (stored !== undefined && stored !== chunk.length) counts.short(chunk.length, stored);
  }

  #levelOf(signal: AbortSignal): Promise<Level> {
    const { api, level } = this.#options;
    if (level !== "auto") return Promise.resolve(level);
    this.#level ??= api.level(signal).catch((error: unknown) => {
      this.#level = undefined;
      throw error;
    });
    return this.#level;
  }
}
