import type { IncomingMessage, ServerResponse } from "node:http";
import { serveHttp } from "./ports.ts";
import type { Tidy } from "./tidy.ts";

export interface StoredDocument {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly events?: readonly string[];
  readonly [field: string]: unknown;
}

/** A request as it came. */
export interface LeekRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly at: number;
}

/**
 * What to answer instead. `hang` never answers; `cut` ends the connection; `store` stores the documents all the same;
 * `after` is waited for first.
 */
export interface LeekFault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly delay?: number;
  readonly after?: Promise<unknown>;
  readonly hang?: boolean;
  readonly cut?: boolean;
  readonly store?: boolean;
}

/** Decides about a request before it is answered as usual. */
export type LeekMood = (request: LeekRequest, documents: readonly StoredDocument[]) => LeekFault | undefined;

/** Fields that the API's record of a task knows. Source: leek §6. */
const known = new Set(
  `id app_env kind state clock updated_at timestamp exact_timestamp utcoffset pid uuid name name_parts args kwargs
   kwargs_flattened root_id parent_id retries eta expires exchange routing_key queue result runtime exception traceback
   lang error stack trace requeue terminated expired signum client worker events events_count queued_at received_at
   started_at succeeded_at failed_at rejected_at revoked_at retried_at
   ${Array.from({ length: 10 }, (_, index) => `args_${index}`).join(" ")}`.split(/\s+/),
);
const required =
  "id app_env kind state clock updated_at timestamp exact_timestamp utcoffset pid uuid events events_count".split(
    " ",
  );

/** What releases before 0.7.4 do not know. */
const newer = /^(?:updated_at|name_parts|args_\d|kwargs_flattened|lang|error|stack|trace)$/;

/**
 * Leek's API as far as its agent knows it. The real one needs a search engine: this one answers as was recorded of it in
 * `leek-api-responses.json`, and refuses what it refuses.
 */
export class LeekStandIn {
  url = "";
  readonly requests: LeekRequest[] = [];
  /** Every document that was stored, in the order of arrival. */
  readonly stored: StoredDocument[] = [];
  mood: LeekMood = () => undefined;
  key = "app-KEY";
  /** Which fields it knows: 1 for releases up to 0.7.3. */
  level: 1 | 2 = 2;
  app = "leek";
  /** Whether to remember bodies; not for floods. */
  remembers = true;
  posts = 0;

  static async start(tidy: Tidy): Promise<LeekStandIn> {
    const made = new LeekStandIn();
    made.url = await serveHttp(tidy, (request, response) => void made.#answer(request, response));
    return made;
  }

  /** Ids that were stored, with their states in the order they came. */
  states(): Map<string, string[]> {
    const states = new Map<string, string[]>();
    for (const { id, state } of this.stored) states.set(id, [...(states.get(id) ?? []), state]);
    return states;
  }

  /** How many events were stored, by the documents' own count. */
  get events(): number {
    return this.stored.reduce((sum, each) => sum + Number(each["events_count"]), 0);
  }

  posted(): LeekRequest[] {
    return this.requests.filter(({ method }) => method === "POST");
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "", headers } = message;
    const request = { method, path, headers, body, at: Date.now() };
    if (this.remembers) this.requests.push(request);
    const documents = method === "POST" ? listed(body) : undefined;
    const fault = this.mood(request, documents ?? []);
    if (fault?.store && documents) this.stored.push(...documents);
    if (fault?.hang) return;
    if (fault?.cut) return void message.socket.destroy();
    await fault?.after;
    if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    const usual = () => this.#usual(request, documents);
    const { status, body: said } =
      fault?.status === undefined ? usual() : { status: fault.status, body: fault.body };
    response.writeHead(status, { "content-type": "application/json", ...fault?.headers });
    response.end(said === "" ? "" : JSON.stringify(said ?? {}));
  }

  #usual(
    request: LeekRequest,
    documents: readonly StoredDocument[] | undefined,
  ): { status: number; body: unknown } {
    const { method, path, headers } = request;
    if (path === "/v1/swagger.json")
      return { status: 200, body: { paths: this.level === 1 ? {} : { "/applications/transforms": {} } } };
    if (!/^\/v1\/events\/process\/?$/.test(path)) return { status: 404, body: {} };
    if (method === "OPTIONS") return { status: 200, body: "" };
    const needed = ["x-leek-org-name", "x-leek-app-name", "x-leek-app-key"];
    if (method === "POST") needed.push("x-leek-app-env");
    if (needed.some((name) => !headers[name])) return error(400, "400001");
    if (headers["x-leek-app-name"] !== this.app) return error(404, "404001");
    if (headers["x-leek-app-key"] !== this.key) return error(401, "401001");
    if (method === "GET") return { status: 200, body: "Ready!" };
    if (method !== "POST") return error(500, "500001");
    return this.#store(request, documents);
  }

  #store({ headers }: LeekRequest, documents: readonly StoredDocument[] | undefined) {
    this.posts++;
    const packed = headers["content-encoding"] !== undefined;
    if (!documents || packed || headers["content-type"] !== "application/json") return error(500, "500001");
    if (documents.some(({ id, kind }) => id === undefined || kind === undefined)) return error(500, "500001");
    if (documents.some(hasHalves)) return { status: 201, body: { success: 0 } };
    const long = documents.findIndex(hasLongTerm);
    if (long >= 0) {
      // It stops at that chunk and says that all is well.
      this.stored.push(...documents.slice(0, Math.floor(long / 500) * 500));
      return { status: 201, body: "some documents were not indexed" };
    }
    this.stored.push(...documents);
    const strict = documents.every((each) => each.kind !== "task" || fits(each, this.level));
    return strict ? { status: 201, body: { success: documents.length } } : error(500, "500001");
  }
}

function error(status: number, code: string) {
  return { status, body: { error: { code, message: "", reason: "" } } };
}

function listed(body: string): StoredDocument[] | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return Array.isArray(value) ? (value as StoredDocument[]) : undefined;
  } catch {
    return undefined;
  }
}

function fits(document: StoredDocument, level: 1 | 2): boolean {
  const isKnown = (key: string) => known.has(key) && (level === 2 || !newer.test(key));
  const isThere = (key: string) => document[key] !== undefined || (level === 1 && newer.test(key));
  return Object.keys(document).every(isKnown) && required.every(isThere);
}

function hasHalves(document: StoredDocument): boolean {
  return /\\ud[89a-f]/.test(JSON.stringify(document));
}

function hasLongTerm(document: StoredDocument): boolean {
  return ["args", "kwargs", "result", "traceback"].some(
    (key) => Buffer.byteLength(String(document[key] ?? "")) > 32_766,
  );
}
