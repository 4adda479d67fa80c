import { Worker } from "node:worker_threads";
import { later } from "../../../../core/life.ts";
import {
  ConfigProblem,
  LinkProblem,
  messageOf,
  type Problem,
  RejectedProblem,
} from "../../../../core/problems.ts";

export type Exported = "request" | "response";

/** What runs in the thread. Not a file of its own, since the one beside us has another ending once it is built. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.url).then((module) => {
  parentPort.on("message", async ({ id, name, value, options }) => {
    if (id === 0) return parentPort.postMessage({ pong: true });
    parentPort.postMessage({ id, began: true });
    try {
      parentPort.postMessage({ id, value: await module[name](value, options) });
    } catch (error) {
      parentPort.postMessage({ id, error: String(error?.message ?? error) });
    }
  });
  const names = ["request", "response"].filter((name) => typeof module[name] === "function");
  parentPort.postMessage({ names });
}).catch((error) => { throw error; });
`;

/** The most memory of a thread, in MiB. */
const MEMORY = 256;
/** How long a thread that is not stuck may take to say so, in milliseconds. */
const GRACE = 250;

interface Task {
  readonly id: number;
  readonly name: Exported;
  readonly value: unknown;
  readonly settle: (result: unknown) => void;
  readonly fail: (problem: Problem) => void;
  began: boolean;
  timer: NodeJS.Timeout | undefined;
}

interface Message {
  readonly id?: number;
  readonly names?: readonly Exported[];
  readonly began?: true;
  readonly pong?: true;
  readonly error?: string;
  readonly value?: unknown;
}

/**
 * A module in a thread of its own. A function that is late fails its event. One that does not even let others run is
 * ended with the whole thread: what had not begun goes to the next one; of several that had begun nobody knows which
 * is to blame, so they are tried again.
 */
export class ModuleThread {
  readonly #path: string;
  readonly #url: string;
  readonly #options: unknown;
  readonly #timeout: number;
  readonly #tasks = new Map<number, Task>();
  #worker: Worker | undefined;
  #loaded: Promise<readonly Exported[]> | undefined;
  #heard: (() => void) | undefined;
  #last = 0;
  #closed = false;

  /** @param timeout how long a function may take, in milliseconds */
  constructor(path: string, url: string, options: unknown, timeout: number) {
    this.#path = path;
    this.#url = url;
    this.#options = options;
    this.#timeout = timeout;
  }

  /** The functions that the module exports. Throws ConfigProblem. */
  load(): Promise<readonly Exported[]> {
    this.#loaded ??= this.#start();
    return this.#loaded;
  }

  /** Calls a function. Throws RejectedProblem when it fails, LinkProblem when it had to be ended for another's sake. */
  async call(name: Exported, value: unknown): Promise<unknown> {
    await this.load();
    return new Promise((settle, fail) => {
      this.#send({ id: ++this.#last, name, value, settle, fail, began: false, timer: undefined });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Promise<readonly Exported[]> {
    const worker = new Worker(THREAD, {
      eval: true,
      workerData: { url: this.#url },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on("message", (message: Message) => {
        if (message.names) resolve(message.names);
        else this.#hear(message);
      });
      worker.on("error", (error) => {
        reject(
          new ConfigProblem(
            "config_invalid",
            `the module ${this.#path} cannot be loaded: ${messageOf(error)}`,
          ),
        );
        this.#ended(worker, messageOf(error));
      });
      worker.on("exit", () => this.#ended(worker, "its thread ended"));
    });
  }

  #send(task: Task): void {
    const { id, name, value } = task;
    try {
      this.#worker?.postMessage({ id, name, value, options: this.#options });
    } catch (error) {
      task.fail(this.#refused(task, `cannot be given its event: ${messageOf(error)}`));
      return;
    }
    this.#tasks.set(id, task);
    task.timer = later(this.#timeout, () => this.#late(task));
  }

  #hear({ id = 0, began, pong, error, value }: Message): void {
    if (pong) this.#heard?.();
    const task = this.#tasks.get(id);
    if (!task) return;
    task.began = true;
    if (began) return;
    this.#take(task);
    if (error === undefined) task.settle(value);
    else task.fail(this.#refused(task, `fails: ${error}`));
  }

  /** A thread that answers is not stuck: then this one alone is late. */
  #late(task: Task): void {
    const worker = this.#worker;
    const stuck = later(GRACE, () => void worker?.terminate());
    const before = this.#heard;
    this.#heard = () => {
      clearTimeout(stuck);
      before?.();
      this.#heard = undefined;
      if (this.#take(task)) task.fail(this.#refused(task, `takes longer than ${this.#timeout} ms`));
    };
    worker?.postMessage({ id: 0 });
  }

  #ended(worker: Worker, why: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#loaded = undefined;
    this.#heard = undefined;
    const tasks = [...this.#tasks.values()].filter((task) => this.#take(task));
    const begun = tasks.filter(({ began }) => began);
    for (const task of begun) task.fail(this.#broken(task, begun.length, why));
    for (const task of tasks) if (!task.began) this.#again(task);
  }

  #again(task: Task): void {
    if (this.#closed) task.fail(this.#broken(task, 2, "the agent has ended"));
    else this.load().then(() => this.#send(task), task.fail);
  }

  #broken(task: Task, begun: number, why: string): Problem {
    if (begun === 1)
      return this.#refused(task, `was ended: it takes longer than ${this.#timeout} ms, or ${why}`);
    return new LinkProblem("timed_out", `the thread of module ${this.#path} had to be ended: ${why}`);
  }

  #refused({ name }: Task, what: string): Problem {
    return new RejectedProblem("item_refused", `${name}() of module ${this.#path} ${what}`);
  }

  #take(task: Task): boolean {
    clearTimeout(task.timer);
    return this.#tasks.delete(task.id);
  }
}
