import { MOST_PREFETCH } from "../../../wire/amqp/most-prefetch.ts";
import { readBrokerUrl } from "./amqp-url.ts";
import { isData } from "./convert.ts";
import type { Fields } from "./fields.ts";

const STRATEGIES = ["linear", "linear-jitter", "exponential", "exponential-jitter"];

/** What of the agent's own keys the driver needs. */
export interface Wish {
  readonly topic: string;
  /** 0: for ever. */
  readonly maxRetries: number;
  readonly backoff: string;
}

/** Events from RabbitMQ. Source: krakend-async §3.1. */
export function readAmqpSource(driver: Fields, wish: Wish): Record<string, unknown> {
  const declare = readDeclare(driver);
  const prefetch = driver.whole("prefetch_count");
  sourceTraps(driver);
  return {
    ...readBrokerUrl(driver, "host"),
    queue: readQueue(driver, declare),
    ...readBinding(driver, wish.topic, declare),
    ...(driver.has("prefetch_count") && { prefetch: Math.min(MOST_PREFETCH, Math.max(0, prefetch)) }),
    ...(driver.flag("auto_ack") && { auto_ack: true }),
    ...(driver.flag("exclusive") && { exclusive: true }),
    ...(driver.flag("no_local") && { no_local: true }),
    ...(driver.flag("no_wait") && { no_wait: true }),
    tag: driver.text("consumer_tag") || "krakend",
    reconnect: { strategy: strategyOf(wish.backoff), ...(wish.maxRetries > 0 && { times: wish.maxRetries }) },
  };
}

/** Any other name, and none, is one second, always. Source: krakend-async §2.6. */
export function strategyOf(name: string): string {
  const lower = name.toLowerCase();
  return STRATEGIES.includes(lower) ? lower : "constant";
}

function readQueue(driver: Fields, declare: object): Record<string, unknown> {
  const type = driver.text("queue_type");
  const args = { ...argumentsOf(driver, "queue_arguments"), ...(type !== "" && { "x-queue-type": type }) };
  return {
    name: driver.text("name"),
    durable: driver.flag("durable"),
    auto_delete: driver.flag("delete"),
    ...(driver.flag("exclusive") && { exclusive: true }),
    ...(Object.keys(args).length > 0 && { arguments: args }),
    ...declare,
  };
}

function readBinding(driver: Fields, topic: string, declare: object): Record<string, unknown> {
  if (driver.has("bind") && !driver.flag("bind")) return {};
  const name = driver.text("exchange");
  if (name === "") {
    driver.note("exchange", "is empty, where KrakenD would fail to declare it: the queue is used as it is");
    return {};
  }
  const args = argumentsOf(driver, "exchange_arguments");
  const exchange = {
    name,
    ...(driver.text("exchange_type") && { type: driver.text("exchange_type") }),
    durable: driver.flag("durable"),
    auto_delete: driver.flag("delete"),
    ...(driver.flag("exchange_internal") && { internal: true }),
    ...(Object.keys(args).length > 0 && { arguments: args }),
    ...declare,
  };
  const topics = driver.texts("topics");
  return { exchange, routing_key: topics.length > 0 ? topics : topic };
}

function argumentsOf(driver: Fields, name: string): Record<string, unknown> {
  const given = driver.get(name);
  return isData(given) ? { ...given } : {};
}

/** `true`, `false` or `passive`; one of our additions to the peer's keys. */
function readDeclare(driver: Fields): { declare?: boolean | "passive" } {
  if (!driver.has("declare")) return {};
  if (driver.get("declare") === "passive") return { declare: "passive" };
  return driver.flag("declare") ? {} : { declare: false };
}

function sourceTraps(driver: Fields): void {
  if (!driver.has("prefetch_count"))
    driver.report.note(
      driver.at,
      "without `prefetch_count` KrakenD takes the whole queue into memory; here it is 10, or twice the workers if that is more",
    );
  else if (driver.whole("prefetch_count") <= 0)
    driver.note(
      "prefetch_count",
      "is 0, so one process takes the whole queue into memory; write 10, or twice the workers",
    );
  if (driver.whole("prefetch_size") !== 0)
    driver.note("prefetch_size", "is refused by RabbitMQ, with which KrakenD never runs, and is left out");
  if (driver.flag("exclusive") && !driver.flag("exchange_internal"))
    driver.note(
      "exclusive",
      "makes the exchange internal in KrakenD, so that nobody can publish to it; here it does not. If the exchange is there already and internal, write `exchange_internal: true`",
    );
  if (driver.flag("auto_ack"))
    driver.note("auto_ack", "lets the broker forget an event when it is sent: one that fails is lost");
  if (!driver.flag("durable") && !driver.flag("exclusive"))
    driver.report.note(
      driver.at,
      "a queue that is neither durable nor exclusive is going to be refused by newer versions of RabbitMQ; write `durable: true`, for a new queue",
    );
}
