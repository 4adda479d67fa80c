import { LinkProblem, type Problem, RejectedProblem } from "../../../core/problems.ts";
import { retryAfterOf } from "../../../wire/http-answers.ts";
import type { AnswerConfig } from "../config/answer.ts";
import type { Answer } from "./call.ts";
import { failed } from "./call.ts";
import type { Incoming } from "./exchange.ts";
import { first } from "./headers.ts";
import { Failure, type JsonObject } from "./json.ts";
import type { Surroundings } from "./surroundings.ts";

/** What was asked, for the message of a failure. */
export interface Asked {
  readonly method: string;
  /** As configured, placeholders and all. */
  readonly pattern: string;
  readonly url: string;
}

/** Judges a status. @returns undefined for success */
export type Judge = (incoming: Incoming, asked: Asked) => Answer | undefined;

/** Source: krakend-async §5.6. */
export function judge(config: AnswerConfig, around: Surroundings): Judge {
  const wanted = successes(config, around);
  return (incoming, asked) => {
    if (wanted ? wanted.has(incoming.status) : incoming.status >= 200 && incoming.status <= 299)
      return undefined;
    if (config.details) return detailed(incoming, config.details, around.profile.lenient);
    return failed(refusal(incoming, asked, config, around));
  };
}

function successes({ success }: AnswerConfig, { profile }: Surroundings): ReadonlySet<number> | undefined {
  const statuses = success === "2xx" ? undefined : (success ?? profile.success);
  return statuses && new Set(statuses);
}

/** The failure as data: then it is none. @param closed whether nobody may look into it */
function detailed({ status, headers, body }: Incoming, name: string, closed: boolean): Answer {
  const details: JsonObject = { http_status_code: status };
  if (body.length > 0) details["http_body"] = body.toString("utf8");
  const type = first(headers, "Content-Type");
  if (type) details["http_body_encoding"] = type;
  const told = closed ? new Failure(details) : details;
  return { data: { [`error_${name}`]: told }, complete: false, status, headers: {} };
}

/** A reason goes into logs and beside the event; a page of an error is none, in bytes. */
const LONGEST_TOLD = 4_096;

function refusal(incoming: Incoming, asked: Asked, { told }: AnswerConfig, around: Surroundings): Problem {
  const { status, headers, body } = incoming;
  const { method, pattern, url } = asked;
  // The peer's words: people look for them in logs.
  const message = told
    ? body.toString("utf8", 0, LONGEST_TOLD)
    : `invalid status code ${status} [${method} ${pattern}]: ${url}`;
  if (!around.triesAgain(status)) return new RejectedProblem("item_refused", message);
  const after = retryAfterOf({ "retry-after": first(headers, "Retry-After") });
  return new LinkProblem("server_failed", message, after === undefined ? {} : { retryAfter: after });
}
