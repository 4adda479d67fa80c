import type { ConsumeMessage, MessageProperties } from "amqplib";

/** What a message says about itself (AMQP 0-9-1, class `basic`). Only what was set is there. */
export interface AmqpProperties {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly replyTo?: string;
  readonly type?: string;
  /** Seconds since 1970, as AMQP has it. */
  readonly timestamp?: number;
  readonly priority?: number;
  readonly appId?: string;
  readonly userId?: string;
  /** Milliseconds, as a text. */
  readonly expiration?: string;
  /** 1 is transient, 2 persistent. */
  readonly deliveryMode?: number;
}

/** The value of a header, as JSON has it: times are seconds since 1970, bytes are text, or base64 where they are none. */
export type AmqpValue =
  | string
  | number
  | boolean
  | null
  | readonly AmqpValue[]
  | { readonly [key: string]: AmqpValue };

export type AmqpTable = Readonly<Record<string, AmqpValue>>;

/** A message as it came from a queue. */
export interface AmqpMessage {
  readonly body: Buffer;
  readonly headers: AmqpTable;
  readonly properties: AmqpProperties;
  readonly routingKey: string;
  /** Empty for the default exchange. */
  readonly exchange: string;
  /** Whether somebody has had it before. */
  readonly redelivered: boolean;
}

const names = [
  "contentType",
  "contentEncoding",
  "messageId",
  "correlationId",
  "replyTo",
  "type",
  "timestamp",
  "priority",
  "appId",
  "userId",
  "expiration",
  "deliveryMode",
] as const satisfies readonly (keyof AmqpProperties & keyof MessageProperties)[];

const NONE: AmqpTable = {};

/** Headers are taken apart down to this level: a few kilobytes of tables within tables would use up the stack. */
const DEEPEST = 100;
const TOO_DEEP = "(nested too deeply)";

export function messageOf({ content, fields, properties }: ConsumeMessage): AmqpMessage {
  return {
    body: content,
    headers: properties.headers ? tableOf(properties.headers) : NONE,
    properties: propertiesOf(properties),
    routingKey: fields.routingKey,
    exchange: fields.exchange,
    redelivered: fields.redelivered,
  };
}

function propertiesOf(given: MessageProperties): AmqpProperties {
  const properties: Record<string, unknown> = {};
  for (const name of names) if (given[name] !== undefined) properties[name] = given[name];
  return properties as AmqpProperties;
}

function tableOf(table: object, depth = 0): AmqpTable {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, plainOf(value, depth)]));
}

/** Types that JSON does not have come from the library as `{ "!": type, value }`; so does what looks like that. */
function plainOf(value: unknown, depth: number): AmqpValue {
  if (typeof value !== "object" || value === null) return value as AmqpValue;
  if (Buffer.isBuffer(value)) return textOf(value);
  const { "!": type, value: inner } = value as { "!"?: unknown; value?: unknown };
  if (type === "timestamp" && typeof inner === "number") return inner;
  if (type === "decimal" && isDecimal(inner)) return inner.digits / 10 ** inner.places;
  if (depth === DEEPEST) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((each) => plainOf(each, depth + 1));
  return tableOf(value, depth + 1);
}

function isDecimal(value: unknown): value is { readonly places: number; readonly digits: number } {
  const { places, digits } = (value ?? {}) as { places?: unknown; digits?: unknown };
  return typeof places === "number" && typeof digits === "number";
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : bytes.toString("base64");
}
