/** One event as its source gave it. Nothing of it is changed on the way. */
export interface Event {
  readonly body: Buffer;
  /** Headers of the message, with the types that the source had: texts, numbers, lists, tables. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: EventProperties;
  readonly routingKey: string;
  readonly exchange: string;
  /** Whether it was given to somebody before, as far as the source knows. */
  readonly redelivered: boolean;
}

/** What AMQP's basic properties say of a message; the other sources fill in what they know. */
export interface EventProperties {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly replyTo?: string;
  readonly type?: string;
  /** When it was published, in milliseconds since 1970. */
  readonly timestamp?: number;
  readonly priority?: number;
  readonly appId?: string;
  readonly userId?: string;
  readonly expiration?: string;
}

/** An event with nothing but a body. */
export function plainEvent(body: Buffer): Event {
  return { body, headers: {}, properties: {}, routingKey: "", exchange: "", redelivered: false };
}
