import type { Problem } from "../../src/core/problems.ts";
import { thrownBy } from "../../src/laws/law.ts";
import { Opened } from "../../src/laws/opened.ts";
import { AmqpSource, type AmqpSourceOptions } from "../../src/wire/amqp/source.ts";
import { broker, channel, name } from "./amqp-scene.ts";
import type { Tidy } from "./tidy.ts";

type Options = Partial<AmqpSourceOptions>;

/** Ways to open the queue of an AMQP scene as a source, and to put something into it. */
export function amqpSources(tidy: Tidy) {
  const source = (options: Options = {}) =>
    new AmqpSource({ urls: [broker.url()], queue: { name }, ...options });
  const begun = (options: Options) => {
    const opened = new Opened(source(options));
    tidy.later(() => letGo(opened));
    return opened;
  };
  return {
    source,
    open: async (options: Options = {}) => {
      const opened = begun(options);
      await opened.up();
      return opened;
    },
    /** Why it ends. */
    trouble: async (options: Options) => (await thrownBy(begun(options).ended)) as Problem,
    publish: (key: string, text = key, exchange = name, headers = {}) =>
      channel.publish(exchange, key, Buffer.from(text), { headers }),
    bodies: async (opened: Opened<{ value: { body: Buffer } }>, count: number) =>
      (await opened.first(count)).map(({ value }) => value.body.toString()),
  };
}

/** Ends it, however it ends. */
export async function letGo(opened: Opened<unknown>): Promise<void> {
  opened.ring();
  await opened.ended.catch(() => {});
}
