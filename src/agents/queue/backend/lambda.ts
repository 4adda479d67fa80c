import { AwsV4Signer } from "aws4fetch";
import { ConfigProblem, LinkProblem, Problem } from "../../../core/problems.ts";
import { statusProblem } from "../../../wire/http-answers.ts";
import { HttpClient } from "../../../wire/http-client.ts";
import type { LambdaConfig } from "../config/backend.ts";
import { type Answer, type Backend, type Call, failed } from "./call.ts";
import { httpExchange } from "./client.ts";
import type { Exchange, Incoming } from "./exchange.ts";
import { first, type Headers } from "./headers.ts";
import { isObject, type JsonObject, parseJson, writeJson } from "./json.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Invokes a function of AWS and waits for its answer, which must be a JSON object. Throws ConfigProblem where the
 * region or the credentials are given neither here nor in the environment. Source: krakend-async §5.18, AWS Lambda's
 * API of 2015-03-31.
 */
export function lambda(
  config: LambdaConfig,
  around: Pick<Surroundings, "profile" | "env" | "owns">,
): Backend {
  const account = accountOf(config, around.env);
  const client = new HttpClient({ timeout: 0, follow: false, unpack: true, proxy: around.env });
  around.owns(client);
  const exchange = httpExchange(client);
  return async (call, signal) => {
    try {
      const name = config.function ?? call.params[capital(config.param)] ?? call.params[config.param] ?? "";
      const payload = config.method?.toUpperCase() === "GET" ? parametersOf(call) : call.body;
      const answer = await invoke(exchange, account, name, payload, signal);
      return understood(answer, name, around.profile.lenient);
    } catch (error) {
      if (error instanceof Problem) return failed(error);
      throw error;
    }
  };
}

interface Account {
  readonly endpoint: string;
  readonly region: string;
  readonly key: string;
  readonly secret: string;
  readonly session: string | undefined;
}

function accountOf(config: LambdaConfig, env: Surroundings["env"]): Account {
  const region = config.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];
  const key = config.key ?? env["AWS_ACCESS_KEY_ID"];
  const secret = config.secret?.reveal() ?? env["AWS_SECRET_ACCESS_KEY"];
  if (!region || !key || !secret) {
    throw new ConfigProblem("config_invalid", "lambda has no region, or no credentials", {
      remedy:
        "Give `region`, `key` and `secret`, or AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.",
    });
  }
  const endpoint = config.endpoint ?? `https://lambda.${region}.amazonaws.com`;
  // A session belongs to the key that it came with.
  return {
    endpoint,
    region,
    key,
    secret,
    session: config.key === undefined ? env["AWS_SESSION_TOKEN"] : undefined,
  };
}

/** Signed anew for each event: a signature holds for five minutes. */
async function invoke(
  exchange: Exchange,
  { endpoint, region, key, secret, session }: Account,
  name: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<Incoming> {
  const url = `${endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  const signer = new AwsV4Signer({
    method: "POST",
    url,
    headers: { "X-Amz-Invocation-Type": "RequestResponse" },
    body: new Uint8Array(body),
    accessKeyId: key,
    secretAccessKey: secret,
    ...(session ? { sessionToken: session } : {}),
    service: "lambda",
    region,
  });
  const { headers } = await signer.sign();
  const signed = Object.fromEntries([...headers].map(([header, value]) => [header, [value]]));
  return exchange({ method: "POST", url, headers: signed, body }, signal);
}

/** The parameters of an event, as the peer names them for a function. */
function parametersOf({ params }: Call): Buffer {
  const named = Object.entries(params).map(([name, value]) => [name.toLowerCase(), value]);
  return Buffer.from(writeJson(Object.fromEntries(named)));
}

/** @param lenient whether what a function reports as its own failure counts as an answer, as it does at the peer */
function understood({ status, headers, body }: Incoming, name: string, lenient: boolean): Answer {
  const what = `lambda ${name}`;
  if (status !== 200) return failed(refusal(status, what));
  const error = first(headers, "X-Amz-Function-Error");
  if (error !== undefined && !lenient) {
    return failed(
      new LinkProblem("server_failed", `${what} failed (${error})`, { remedy: "Look into its log." }),
    );
  }
  const data = objectIn(body);
  if (!data) return failed(new LinkProblem("answer_unexpected", `${what} answered no JSON object`));
  const version = first(headers, "X-Amz-Executed-Version");
  const shown: Headers = version === undefined ? {} : { "X-Amz-Executed-Version": [version] };
  return { data, complete: true, status: 200, headers: shown };
}

/** Only a payload that AWS does not take is the event's fault; that the function is missing is not. */
function refusal(status: number, what: string): Problem {
  const problem = statusProblem(status, what, "");
  if (problem.code !== "item_refused" || status === 400 || status === 413) return problem;
  return new LinkProblem("answer_unexpected", problem.message, {
    remedy: "Check the function's name, the region and the endpoint.",
  });
}

function objectIn(body: Buffer): JsonObject | undefined {
  try {
    const value = parseJson(body.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
