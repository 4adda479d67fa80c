import { RejectedProblem } from "../../core/problems.ts";
import type { Event, EventProperties } from "./event.ts";

/** An event as JSON, for files, spools and whoever takes what was set aside. */
export interface EventJson {
  /** The body, if it is text in UTF-8. */
  readonly body?: string;
  /** The body in base64, if it is not. */
  readonly body_base64?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly properties?: EventProperties;
  readonly routing_key?: string;
  readonly exchange?: string;
}

/** Everything that a replay needs; what is empty is left out. */
export function toJson({ body, headers, properties, routingKey, exchange }: Event): EventJson {
  return {
    ...bodyToJson(body),
    ...(isEmpty(headers) ? {} : { headers }),
    ...(isEmpty(properties) ? {} : { properties }),
    ...(routingKey === "" ? {} : { routing_key: routingKey }),
    ...(exchange === "" ? {} : { exchange }),
  };
}

/** Throws RejectedProblem for what `toJson` cannot have written. */
export function fromJson(json: unknown): Event {
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new RejectedProblem("item_refused", "the line is no event");
  }
  const { body, body_base64, headers, properties, routing_key, exchange } = json as EventJson;
  if (
    ![body, body_base64, routing_key, exchange].every(
      (text) => text === undefined || typeof text === "string",
    )
  ) {
    throw new RejectedProblem("item_refused", "a field of the event that must be a text is none");
  }
  return {
    body: body_base64 === undefined ? Buffer.from(body ?? "", "utf8") : Buffer.from(body_base64, "base64"),
    headers: headers ?? {},
    properties: properties ?? {},
    routingKey: routing_key ?? "",
    exchange: exchange ?? "",
    redelivered: false,
  };
}

function bodyToJson(body: Buffer): Pick<EventJson, "body" | "body_base64"> {
  const text = body.toString("utf8");
  // What is no UTF-8 would come back as other bytes.
  return Buffer.from(text, "utf8").equals(body) ? { body: text } : { body_base64: body.toString("base64") };
}

function isEmpty(table: object): boolean {
  for (const _ in table) return false;
  return true;
}
