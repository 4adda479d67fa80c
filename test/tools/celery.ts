import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

/** Debian's Python, for which Debian's Celery is installed; another one may stand before it in the search path. */
const python = "/usr/bin/python3";

/** Whether Debian's Celery can be run. */
export const hasCelery = spawnSync(python, ["-c", "import celery, redis"]).status === 0;

/** The application of the specification's recipe. Source: leek §11.4. */
const shop = `
import os, time
from celery import Celery
from celery.exceptions import Reject
app = Celery("shop", broker=os.environ["BROKER_URL"])
app.conf.update(task_send_sent_event=True, worker_send_task_events=os.environ.get("EVENTS", "1") == "1",
                task_track_started=True, broker_transport_options=eval(os.environ.get("OPTIONS", "{}")))
@app.task
def add(x, y): return x + y
@app.task
def boom(): raise ValueError("boom")
@app.task(bind=True, max_retries=2)
def recovers(self):
    if self.request.retries < 2: raise self.retry(exc=RuntimeError("flaky"), countdown=0.1)
    return "ok"
@app.task(acks_late=True)
def rejected(): raise Reject("no", requeue=False)
@app.task
def slow(s): time.sleep(s)
@app.task(bind=True)
def progress(self): self.send_event("task-progress", percent=50)
`;

export interface CeleryOptions {
  /** Broker transport options, as Python writes them. */
  readonly options?: string;
  /** Whether the worker sends task events from the beginning. Default true. */
  readonly events?: boolean;
}

/** A real Celery application, with a worker, in a folder of its own. */
export class CeleryApp {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #events: boolean;
  #worker: ChildProcess | undefined;
  #said = "";

  constructor(path: string, broker: string, { options = "{}", events = true }: CeleryOptions) {
    this.#folder = path;
    this.#events = events;
    this.#env = {
      PATH: process.env["PATH"],
      HOME: path,
      BROKER_URL: broker,
      OPTIONS: options,
      EVENTS: events ? "1" : "0",
      // Celery refuses to run as root with pickle, which it does not use.
      C_FORCE_ROOT: "1",
    };
    writeFileSync(join(path, "shop.py"), shop);
  }

  static async start(tidy: Tidy, broker: string, options: CeleryOptions = {}): Promise<CeleryApp> {
    const app = new CeleryApp(await folder(tidy), broker, options);
    tidy.later(() => app.stop());
    await app.up();
    return app;
  }

  /** Starts the worker and waits until it takes tasks. */
  up(): Promise<void> {
    const words = ["-m", "celery", "-A", "shop", "worker", "-c", "2", "-n", "w1@lab", "--loglevel=INFO"];
    if (this.#events) words.push("-E");
    const child = spawn(python, words, {
      cwd: this.#folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#worker = child;
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          this.#said += chunk.toString();
          if (/w1@lab ready/.test(this.#said)) resolve();
        });
      }
      child.once("close", (code) => reject(new Error(`the worker ended with ${code}: ${this.#said}`)));
    });
  }

  /** Runs Python with the application as `shop`. @returns what it printed */
  async run(code: string): Promise<string> {
    const words = ["-c", `import shop\nfrom shop import *\n${code}`];
    const child = spawn(python, words, {
      cwd: this.#folder,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [said, told] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
    const status = await new Promise((resolve) => child.once("close", resolve));
    if (status !== 0) throw new Error(`Python ended with ${status}: ${told}`);
    return said.trim();
  }

  /** Tells the worker to end, and waits. */
  async stop(): Promise<void> {
    const child = this.#worker;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
  }
}
