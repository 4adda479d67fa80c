import { frameOf } from "../../wire/websocket-server.ts";
import type { Compiled } from "./compile.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Item } from "./model.ts";
import { textOf } from "./version.ts";

/** A message made once: framed for WebSockets, and bare for HTTP. */
export class Message {
  readonly frame: Buffer;
  readonly body: Buffer;

  constructor(text: string) {
    this.body = Buffer.from(text);
    this.frame = frameOf(this.body);
  }
}

/** `full` replaces what an SDK holds, `patch` adds to it. */
export type EventType = "full" | "patch";

/** What server SDKs get: flags and segments as they are. */
export function serverSync(eventType: EventType, flags: readonly Item[], segments: readonly Item[]): Message {
  const list = (items: readonly Item[]) => items.map(textOf).join(",");
  return new Message(
    `{"messageType":"data-sync","data":{"eventType":"${eventType}","featureFlags":[${list(flags)}],"segments":[${list(segments)}]}}`,
  );
}

/** What client SDKs get: what each flag serves to their user, as texts of `clientFlag`. */
export function clientSync(eventType: EventType, keyId: string, flags: readonly string[]): Message {
  return new Message(
    `{"messageType":"data-sync","data":{"eventType":"${eventType}","userKeyId":${JSON.stringify(keyId)},"featureFlags":[${flags.join(",")}]}}`,
  );
}

const heads = new WeakMap<Compiled, Map<string, string>>();

/**
 * One flag as client SDKs get it; what few results a flag has are written once.
 * @param timestamp the flag's effective version
 */
export function clientFlag(ready: Compiled, result: Evaluation, timestamp: number): string {
  const known = heads.get(ready) ?? new Map<string, string>();
  heads.set(ready, known);
  const key = `${result.variationId}\n${result.sendToExperiment}\n${result.reason}`;
  const head = known.get(key) ?? headOf(ready, result);
  known.set(key, head);
  return `${head},"timestamp":${timestamp}}`;
}

function headOf({ flag }: Compiled, { variationId, value, reason, sendToExperiment }: Evaluation): string {
  const text = JSON.stringify({
    id: flag.key,
    variation: value,
    variationType: flag.variationType ?? "string",
    variationId,
    matchReason: reason,
    variationOptions: (flag.variations ?? []).map((each) => ({ id: each.id, value: each.value })),
    sendToExperiment,
  });
  return text.slice(0, -1);
}
