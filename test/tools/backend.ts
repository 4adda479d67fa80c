import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** What a backend does with a call. */
export type Mood =
  | number
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Never answers. */
  | "stall"
  /** Resets the connection when it has read the call. */
  | "reset"
  /** Begins an answer, and resets the connection in the midst of its body. */
  | "torn"
  /** Begins an answer, and goes on byte by byte without end. */
  | "trickle";

/** A call as the backend saw it. */
export interface BackendCall {
  /** `id` of the body, or of each item of a batch. */
  readonly ids: readonly number[];
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** When it had come, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** A backend on loopback that has moods, may go away and come back, and remembers what it was given. */
export class Backend {
  /** Everything that came, the newest last. */
  readonly calls: BackendCall[] = [];
  /** How often each id was taken: its call was answered with a good status. */
  readonly taken = new Map<number, number>();
  mood: Mood | ((call: BackendCall) => Mood | Promise<Mood>) = 200;
  /** How many calls are here now, and how many were at once. */
  open = 0;
  most = 0;
  readonly port: number;
  #server: Server;

  private constructor(port: number) {
    this.port = port;
    this.#server = this.#made();
  }

  static async start(tidy: Tidy): Promise<Backend> {
    const backend = new Backend(await takePort());
    tidy.later(() => backend.leave());
    await backend.comeBack();
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How often an id was tried, whatever came of it. */
  tries(id: number): number {
    return this.calls.filter(({ ids }) => ids.includes(id)).length;
  }

  /** Waits until it has taken so many different ids. */
  async took(count: number, within = 15_000): Promise<void> {
    const told = () => `${count} ids were taken, not ${this.taken.size}`;
    await until(told, () => this.taken.size >= count, { within });
  }

  async called(count: number, within = 15_000): Promise<void> {
    await until(`there were ${count} calls`, () => this.calls.length >= count, { within });
  }

  /** Refuses connections from now on, and resets those that there are. */
  async leave(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Listens again, on the same port. */
  async comeBack(): Promise<void> {
    this.#server = this.#made();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.port, "127.0.0.1", resolve);
    });
  }

  #made(): Server {
    return createServer((request, response) => void this.#answer(request, response));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open++;
    this.most = Math.max(this.most, this.open);
    response.once("close", () => this.open--);
    const body = await read(request);
    if (body === undefined) return;
    const { method = "", url: target = "", headers } = request;
    const call = { ids: idsOf(body), method, target, headers, body, at: performance.now() };
    this.calls.push(call);
    const mood = typeof this.mood === "function" ? await this.mood(call) : this.mood;
    if (typeof mood === "string") spoil(response, mood);
    else this.#finish(call, response, typeof mood === "number" ? { status: mood } : mood);
  }

  #finish(call: BackendCall, response: ServerResponse, mood: Exclude<Mood, string | number>): void {
    const { status, headers = {}, body = "{}" } = mood;
    if (status < 300) for (const id of call.ids) this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  }
}

function spoil(response: ServerResponse, mood: Mood & string): void {
  const { socket } = response;
  if (mood === "stall") return;
  if (mood === "reset") return void socket?.resetAndDestroy();
  response.writeHead(200, { "content-type": "application/json", "content-length": "100000" });
  response.write('{"a":');
  if (mood === "torn") setImmediate(() => socket?.resetAndDestroy());
  else {
    const timer = setInterval(() => response.write(" "), 20);
    response.once("close", () => clearInterval(timer));
  }
}

/** @returns undefined if who called hung up */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function idsOf(body: string): number[] {
  // Huge bodies need not be parsed for what stands at their begin.
  const [, first] = /^\{"id":(\d+)[,}]/.exec(body) ?? [];
  if (first !== undefined) return [Number(first)];
  try {
    const value = JSON.parse(body) as unknown;
    return [value].flat().flatMap((item) => (item as { id?: number } | null)?.id ?? []);
  } catch {
    return [];
  }
}

/** A port that nobody else is given meanwhile, as far as one can tell. */
async function takePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
