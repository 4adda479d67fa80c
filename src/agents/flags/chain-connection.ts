import type { WebSocketLine, WebSocketListener } from "../../wire/websocket-server.ts";
import type { Environment } from "./model.ts";
import { Message } from "./payload.ts";
import type { Relay } from "./relay.ts";
import { timestampOf } from "./sdk-connection.ts";
import { textOf, versionOf } from "./version.ts";
import type { View } from "./view.ts";

/** One agent below us. What it gets are the server's own messages. */
export class ChainConnection implements WebSocketListener {
  readonly #line: WebSocketLine;
  readonly #relay: Relay;
  readonly #gone: () => void;
  /** What it was told last; undefined until it has asked. */
  #told: View | undefined;
  #congested = false;

  constructor(line: WebSocketLine, relay: Relay, gone: () => void) {
    this.#line = line;
    this.#relay = relay;
    this.#gone = gone;
  }

  received(text: string): void {
    const { messageType, data } = parsed(text);
    if (messageType === "ping") this.#write('{"messageType":"pong","data":{}}');
    else if (messageType === "data-sync") this.#answer(data);
  }

  drained(): void {
    this.#congested = false;
    this.tell();
  }

  gone(): void {
    this.#told = undefined;
    this.#gone();
  }

  /** Brings it up to date: item by item where something was added or changed, and with everything where more did. */
  tell(): void {
    const { view } = this.#relay;
    const told = this.#told;
    if (!view || !told || view === told || this.#congested) return;
    this.#told = view;
    const changes = changesBetween(told, view);
    if (!changes) this.#write(full(view));
    else if (changes.length > 0) for (const change of changes) this.#write(change);
  }

  end(): void {
    this.#line.close(1001, "going away");
  }

  cut(): void {
    this.#line.terminate();
  }

  #answer({ timestamp, envs }: Readonly<Record<string, unknown>>): void {
    const { view } = this.#relay;
    // Nothing is known yet: it will ask again, and be told.
    if (!view) return;
    this.#told = view;
    this.#write(timestampOf(timestamp) === 0 ? full(view) : patch(view, envs));
  }

  #write(text: string): void {
    if (!this.#line.write(new Message(text).frame)) this.#congested = true;
  }
}

function full({ data }: View): string {
  return `{"messageType":"data-sync","data":{"eventType":"rp_full","items":${JSON.stringify(data.environments)}}}`;
}

/** What is newer than asked; an environment that was not named counts as unknown. */
function patch({ data }: View, envs: unknown): string {
  const since = new Map<unknown, number>(
    (Array.isArray(envs) ? (envs as { envId?: unknown; timestamp?: unknown }[]) : []).map((each) => [
      each?.envId,
      timestampOf(each?.timestamp),
    ]),
  );
  const items = data.environments.map((environment) => {
    const after = since.get(environment.envId) ?? 0;
    return {
      envId: environment.envId,
      secrets: [],
      featureFlags: environment.featureFlags.filter((flag) => versionOf(flag) > after),
      segments: environment.segments.filter((segment) => versionOf(segment) > after),
    };
  });
  return JSON.stringify({ messageType: "data-sync", data: { eventType: "rp_patch", items } });
}

/** Live changes, one for each environment; undefined where only everything can say what happened. */
function changesBetween(before: View, after: View): string[] | undefined {
  const known = before.data.environments.map(idOf);
  if (known.join() !== after.data.environments.map(idOf).join()) return undefined;
  const changes: string[] = [];
  for (const [envId, view] of after.environments) {
    const held = before.environments.get(envId)!;
    if (held === view) continue;
    const { flags, segments, removed } = view.differenceFrom(held);
    if (removed || held.environment.secrets !== view.environment.secrets) return undefined;
    const lists = `"featureFlags":[${flags.map(textOf).join()}],"segments":[${segments.map(textOf).join()}]`;
    if (flags.length + segments.length > 0)
      changes.push(`{"messageType":"data-sync","data":{"eventType":"patch",${lists}}}`);
  }
  return changes;
}

const idOf = ({ envId }: Environment) => envId;

function parsed(text: string): { messageType: unknown; data: Readonly<Record<string, unknown>> } {
  try {
    const { messageType, data } = JSON.parse(text) as { messageType?: unknown; data?: unknown };
    const fields = data !== null && typeof data === "object" ? (data as Record<string, unknown>) : {};
    return { messageType, data: fields };
  } catch {
    return { messageType: undefined, data: {} };
  }
}
