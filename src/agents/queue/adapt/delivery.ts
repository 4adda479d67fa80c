import { readBrokerUrl } from "./amqp-url.ts";
import { asList, asNumber, isData } from "./convert.ts";
import type { Fields } from "./fields.ts";
import { isComment } from "./names.ts";

/** What the block `delivery`, which only we read, asks for. */
export interface Delivery {
  /** Keys of the agent. */
  readonly agent: Readonly<Record<string, unknown>>;
  /** Keys of `answer` of each of its backends. */
  readonly answer: Readonly<Record<string, unknown>>;
}

const KNOWN = ["profile", "max_attempts", "retry", "retry_on", "dead_letter", "loop_brake"];
const ANSWER = ["success_status", "empty_body", "decode_errors"];
const AGENT = ["forward", "filter", "ordering_key"];

/** Reads the block of one agent, inside `consumer` or beside it. Source: krakend-async §11. */
export function readDelivery(agent: Fields, driver: Fields | undefined): Delivery {
  const given = agent.fields("consumer")?.fields("delivery") ?? agent.fields("delivery");
  if (!given) return { agent: { profile: "krakend", ...readEnd(undefined, driver, "krakend") }, answer: {} };
  const profile = given.text("profile") === "safe" ? "safe" : "krakend";
  for (const key of Object.keys(given.given))
    if (!isComment(key) && ![...KNOWN, ...ANSWER, ...AGENT].includes(key.toLowerCase()))
      given.note(key, "is not read from here; write it in our configuration, as the guide of `queue` says");
  return {
    agent: { profile, ...readAgentKeys(given), ...readRetry(given), ...readEnd(given, driver, profile) },
    answer: readSuccess(given),
  };
}

function readAgentKeys(given: Fields): Record<string, unknown> {
  const forward = given.fields("forward");
  const headers = forward?.texts("headers") ?? [];
  const properties = forward?.text("properties") ?? "";
  const filter = given.text("filter");
  const lane = given.text("ordering_key");
  return {
    ...(forward && {
      forward: {
        ...(forward.has("content_type") && { content_type: forward.flag("content_type") }),
        ...(headers.length > 0 && { headers }),
        ...(properties !== "" && { properties }),
      },
    }),
    ...(filter !== "" && { filter }),
    ...(lane !== "" && { lane }),
  };
}

function readRetry(given: Fields): Record<string, unknown> {
  const retry = given.fields("retry");
  const strategy = retry?.text("strategy").toLowerCase() ?? "";
  const first = retry?.duration("initial");
  const max = retry?.duration("max");
  const on = given.texts("retry_on").flatMap((each) => asStatus(each, given));
  const ours = {
    ...(given.has("max_attempts") && { times: Math.max(0, given.whole("max_attempts") - 1) }),
    ...(strategy !== "" && { backoff: strategy === "linear-jitter" ? "linear" : strategy }),
    ...(first && { first: first.text }),
    ...(max && { max: max.text }),
    ...(on.length > 0 && { on }),
  };
  return Object.keys(ours).length > 0 ? { retry: ours } : {};
}

/** `5xx`, `timeout`, or one status. */
function asStatus(text: string, given: Fields): (string | number)[] {
  const status = asNumber(text);
  if (status) return [status];
  if (["network", "timeout", "4xx", "5xx"].includes(text)) return [text];
  given.note("retry_on", `\`${text}\` is not known, and is left out`);
  return [];
}

/** What becomes of events that fail for good. Source: krakend-async §2.3, §11.1. */
function readEnd(
  given: Fields | undefined,
  driver: Fields | undefined,
  profile: string,
): Record<string, unknown> {
  const dead = given?.fields("dead_letter");
  if (dead && driver) return { rejected: readDeadLetter(dead, driver) };
  if (driver?.flag("nack_discard")) return { rejected: { drop: {} } };
  const brake = !given?.has("loop_brake") || given.flag("loop_brake");
  // Our default keeps them, in a file.
  if (profile === "safe") return {};
  // The broker has forgotten them when they come, and takes nothing back.
  if (driver?.flag("auto_ack")) return { rejected: { drop: {} } };
  return { rejected: { requeue: brake ? {} : { brake } } };
}

function readDeadLetter(dead: Fields, driver: Fields): Record<string, unknown> {
  const amqp = dead.fields("amqp");
  const http = dead.fields("http");
  if (http) return { http: { url: http.text("url") } };
  if (!amqp) return { file: dead.text("file") === "" ? {} : { path: dead.text("file") } };
  const exchange = amqp.text("exchange");
  const key = amqp.text("routing_key");
  return {
    amqp: {
      ...readBrokerUrl(driver, "host"),
      ...(exchange !== "" && { exchange: { name: exchange, declare: "passive" } }),
      ...(key !== "" && { routing_key: key }),
    },
  };
}

/** Source: krakend-async §11.4. */
function readSuccess(given: Fields): Record<string, unknown> {
  const status = given.get("success_status");
  const statuses = asList(status).flatMap((each) => asNumber(each) ?? []);
  const ignores = given.text("empty_body") === "ok" || given.text("decode_errors") === "ignore";
  return {
    ...(status === "2xx" && { success: "2xx" }),
    ...(statuses.length > 0 && { success: statuses }),
    ...(ignores && { undecodable: "ignore" }),
  };
}

/** A backend with keys of `answer` that the whole agent asks for; its own win. */
export function withAnswer(ours: Delivery["agent"], answer: Delivery["answer"]): Record<string, unknown> {
  if (Object.keys(answer).length === 0) return { ...ours };
  const own = ours["answer"];
  return { ...ours, answer: { ...answer, ...(isData(own) && own) } };
}
