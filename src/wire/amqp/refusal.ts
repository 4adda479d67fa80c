import { DeniedProblem, errnoOf, LinkProblem, messageOf, Problem } from "../../core/problems.ts";

/** What was being done: the same answer means another thing while declaring than while consuming. */
export type Doing = "connecting" | "declaring" | "working";

/**
 * The reply codes of AMQP 0-9-1 that we tell apart (www.rabbitmq.com/amqp-0-9-1-reference.html#constants), and of
 * RabbitMQ's connection forced.
 */
const reply = {
  connectionForced: 320,
  accessRefused: 403,
  notFound: 404,
  resourceLocked: 405,
  preconditionFailed: 406,
  commandInvalid: 503,
  notAllowed: 530,
  notImplemented: 540,
} as const;

/** What an error of the client library is to us. @param where the broker's address, as it may be shown */
export function brokerProblem(error: unknown, where: string, doing: Doing): Problem {
  if (error instanceof Problem) return error;
  const code = replyCodeOf(error);
  if (code !== undefined) return refusal(code, `${where}: ${textOf(error)}`, doing, error);
  if (doing === "declaring" && (error instanceof TypeError || error instanceof RangeError)) {
    const message = `${where}: what is to be declared cannot be said in AMQP: ${messageOf(error)}`;
    return new DeniedProblem("declaration_refused", message, { cause: error });
  }
  return connectionProblem(error, where);
}

/** The reply code that a broker gave when it closed a channel or a connection. */
export function replyCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "number") return error.code;
  // A handshake that the broker ends is told in words alone.
  const told = /^Handshake terminated by server: (\d{3})/.exec(error.message)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** Whether the broker refuses one message as such: too large, a bad property. */
export function refusesMessage(error: unknown): boolean {
  return replyCodeOf(error) === reply.preconditionFailed;
}

function refusal(code: number, message: string, doing: Doing, cause: unknown): Problem {
  switch (code) {
    case reply.accessRefused:
      if (/in exclusive use/.test(message)) return new LinkProblem("queue_in_use", message, { cause });
      return new DeniedProblem("credentials_refused", message, { cause, remedy: PERMISSIONS });
    case reply.notAllowed:
      return new DeniedProblem("credentials_refused", message, { cause, remedy: PERMISSIONS });
    case reply.resourceLocked:
      return new LinkProblem("queue_in_use", message, { cause });
    case reply.notFound:
      return new LinkProblem("object_missing", message, { cause });
    case reply.preconditionFailed:
    case reply.commandInvalid:
    case reply.notImplemented:
      if (doing === "declaring") return new DeniedProblem("declaration_refused", message, { cause });
      break;
    case reply.connectionForced:
      return new LinkProblem("connect_failed", message, { cause });
  }
  return new LinkProblem("server_failed", message, { cause });
}

const PERMISSIONS = "Check user and password, and that the user may use this vhost, exchange and queue.";

const CERTIFICATE =
  "Give the authority that signed the broker's certificate, and use a host name that the certificate bears.";

/** After how long a broker is asked again whose reason to refuse us is not known, in milliseconds. */
const SOON = 2_000;

/** What ends a connection without a reply code. */
function connectionProblem(cause: unknown, where: string): Problem {
  const [errno, told] = [errnoOf(cause) ?? "", messageOf(cause)];
  if (/Expected ConnectionOpenOk; got <ConnectionClose|SASL mechanism/.test(told)) {
    // Of a broker that goes down in this very moment it tells no more; so it is asked again before a person may come.
    return new DeniedProblem("credentials_refused", `${where}: ${refusalOf(told)}`, {
      cause,
      remedy: PERMISSIONS,
      retryAfter: SOON,
    });
  }
  if (/CERT|SIGNATURE|UNKNOWN_CA|DENIED|HANDSHAKE_FAILURE/.test(errno)) {
    return certificateProblem(errno, `${where}: ${errno}: ${told}`, cause);
  }
  if (/Heartbeat timeout/.test(told)) {
    return new LinkProblem("timed_out", `${where} gave no sign of life for two heartbeats`, { cause });
  }
  if (/Socket closed abruptly/.test(told)) {
    return new LinkProblem("connect_failed", `${where} hung up before it had said anything`, { cause });
  }
  if (/^Expected |handshake|frame/i.test(told)) {
    return new LinkProblem("answer_unexpected", `${where} does not speak AMQP 0-9-1: ${told}`, { cause });
  }
  return new LinkProblem("connect_failed", `${where}: ${errno || told}`, { cause });
}

/** While a vhost is opened, the library keeps the broker's words to itself; these are the reasons that there are. */
function refusalOf(told: string): string {
  return /SASL/.test(told)
    ? told
    : "the vhost does not exist, or the user may not use it, or it has too many connections, or the broker is going down";
}

/** Trouble with certificates: theirs, or, if the other side raised the alert, ours. */
function certificateProblem(errno: string, message: string, cause: unknown): Problem {
  if (/ALERT|HANDSHAKE_FAILURE/.test(errno)) {
    const remedy = "Give a client certificate that the broker trusts.";
    return new DeniedProblem("credentials_refused", message, { cause, remedy });
  }
  return new LinkProblem("connect_failed", message, { cause, remedy: CERTIFICATE });
}

/** The broker's own words: `NOT_FOUND - no queue 'orders' in vhost '/'`. */
function textOf(error: unknown): string {
  const told = messageOf(error);
  return /with message "(.*)"$/s.exec(told)?.[1] ?? told;
}
