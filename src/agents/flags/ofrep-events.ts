import { createHmac, timingSafeEqual } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Asking } from "./asking.ts";
import type { Environment } from "./model.ts";
import type { Relay } from "./relay.ts";
import { problem, send } from "./reply.ts";

/** The pause between two signs of life, in milliseconds. */
const HEARTBEAT = 25_000;
/** How long a credential lets somebody in, in milliseconds. */
const VALID = 24 * 3_600_000;

/**
 * Tells OpenFeature clients by server-sent events that they should ask again. A credential in the address lets them
 * in, as browsers send no headers there; it is good for one environment and a day, and any agent with the same data
 * can check it.
 */
export class OfrepEvents {
  readonly #relay: Relay;
  readonly #open = new Map<ServerResponse, string>();
  #timer: NodeJS.Timeout | undefined;
  #forget: (() => void) | undefined;
  #id = 0;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  credential(environment: Environment): string {
    const claim = `${environment.envId}.${Math.floor((Date.now() + VALID) / 1_000)}`;
    return `${claim}.${seal(claim, environment)}`;
  }

  /** @returns false for a request that is none for events */
  open({ target, method, query }: Asking, response: ServerResponse): boolean {
    if (target.path !== "/ofrep/v1/events" || method !== "GET") return false;
    const envId = this.#check(query.get("k") ?? "");
    if (envId === undefined) send(response, problem(401, "the credential is not valid any more"));
    else this.#begin(envId, response);
    return true;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#forget?.();
    for (const response of this.#open.keys()) response.end();
  }

  #begin(envId: string, response: ServerResponse): void {
    this.#timer ??= setInterval(() => this.#beat(), HEARTBEAT);
    this.#forget ??= this.#relay.hub.watch((changed) => this.#tell(changed));
    this.#open.set(response, envId);
    response.once("close", () => this.#open.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
  }

  #tell(changed: string): void {
    const view = this.#relay.view?.environments.get(changed);
    const version = view?.version ?? 0;
    const data = {
      type: "refetchEvaluation",
      etag: `"${version}"`,
      lastModified: Math.floor(version / 1_000),
    };
    const event = `id: ${++this.#id}\nevent: message\ndata: ${JSON.stringify(data)}\n\n`;
    for (const [response, envId] of this.#open) if (envId === changed) write(response, event);
  }

  #beat(): void {
    for (const response of this.#open.keys()) write(response, ": still here\n\n");
  }

  #check(credential: string): string | undefined {
    const [envId = "", expires = "", seal_ = ""] = credential.split(".");
    const environment = this.#relay.view?.environments.get(envId)?.environment;
    if (!environment || Number(expires) * 1_000 < Date.now()) return undefined;
    const wanted = Buffer.from(seal(`${envId}.${expires}`, environment));
    const given = Buffer.from(seal_);
    return wanted.length === given.length && timingSafeEqual(wanted, given) ? envId : undefined;
  }
}

/** Who does not read is let go, and comes again. */
function write(response: ServerResponse, event: string): void {
  if (response.writableLength > 65_536) response.destroy();
  else response.write(event);
}

function seal(claim: string, { secrets }: Environment): string {
  const key = secrets
    .map(({ value }) => value)
    .toSorted()
    .join();
  return createHmac("sha256", key).update(claim).digest("base64url");
}
