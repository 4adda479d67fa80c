import { onAbort } from "../../core/life.ts";
import { DeniedProblem, errnoOf, LinkProblem, messageOf, Problem } from "../../core/problems.ts";
import { readTls } from "../tls-files.ts";
import { type RedisBroker, type RedisNode, type RedisSentinels, shownRedis } from "./broker-url.ts";
import { redis } from "./library.ts";

export type RedisClient = ReturnType<typeof clientOf>;

const CONNECT = 10_000;

/** An open connection, and why it ended. It never reconnects by itself. */
export interface Dialled {
  readonly client: RedisClient;
  /** Where it is, as it may be shown. */
  readonly where: string;
  /** Resolves with the reason when the connection is over. */
  readonly broken: Promise<Problem>;
  close(): void;
}

/**
 * Connects to the first node that answers; where they are sentinels, to the master that they name.
 * @param select whether to choose the database; not needed to hear what is published
 * Throws LinkProblem, or DeniedProblem where all refuse us.
 */
export async function dial(broker: RedisBroker, signal: AbortSignal, select = true): Promise<Dialled> {
  const problems: Problem[] = [];
  for (const node of broker.nodes) {
    try {
      const target = broker.sentinel ? await masterBy(node, broker.sentinel, signal) : node;
      return await connect(target, broker, select ? broker.db : undefined, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof Problem)) throw error;
      problems.push(error);
    }
  }
  throw allOf(problems);
}

/** What a sentinel says the master is. */
async function masterBy(node: RedisNode, sentinels: RedisSentinels, signal: AbortSignal): Promise<RedisNode> {
  const { master } = sentinels;
  const sentinel = await connect(node, sentinels, undefined, signal);
  try {
    const told = await sentinel.client.sendCommand(["SENTINEL", "get-master-addr-by-name", master]);
    const [host, port] = Array.isArray(told) ? told.map(String) : [];
    if (host !== undefined && port !== undefined) return { host, port: Number(port) };
    throw new LinkProblem("object_missing", `${sentinel.where} knows no master "${master}"`, {
      remedy: "Mend the master's name, as `sentinel monitor` has it.",
    });
  } catch (error) {
    throw redisProblem(error, sentinel.where);
  } finally {
    sentinel.close();
  }
}

/** Who we are to a server, and how we know that it is the right one. */
type Terms = Pick<RedisBroker, "user" | "password" | "tls"> & Partial<Pick<RedisBroker, "db">>;

async function connect(
  node: RedisNode,
  terms: Terms,
  database: number | undefined,
  signal: AbortSignal,
): Promise<Dialled> {
  signal.throwIfAborted();
  const where = shownRedis(node, terms);
  const tls = terms.tls && { tls: true, ...(await readTls(terms.tls)) };
  const client = clientOf(node, terms, tls, database);
  const close = () => {
    if (client.isOpen) client.destroy();
  };
  const broken = new Promise<Problem>((resolve) => {
    const broke = (error: unknown) => resolve(redisProblem(error, where));
    client.on("error", broke).on("end", () => broke(new Error("the connection was closed")));
  });
  const forget = onAbort(signal, close);
  try {
    await client.connect();
    signal.throwIfAborted();
    return { client, where, broken, close };
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : redisProblem(error, where);
  } finally {
    forget();
  }
}

function clientOf(
  node: RedisNode,
  { user, password }: Terms,
  tls: object | undefined,
  database: number | undefined,
) {
  const socket = { ...node, ...tls, connectTimeout: CONNECT, reconnectStrategy: false as const };
  return redis().createClient({
    RESP: 2,
    socket: socket as { host: string; port: number },
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    disableOfflineQueue: true,
  });
}

const THEIRS =
  "Give the authority that signed the server's certificate (`tls.ca`, or `ssl_ca_certs` in the URL), or switch the check off.";
const OURS =
  "The server wants a certificate of ours that it trusts: give `tls.cert` and `tls.key`, or `ssl_certfile` and `ssl_keyfile` in the URL.";

/** What an error of Redis means: a refused login needs a person, everything else may pass. */
export function redisProblem(cause: unknown, where: string): Problem {
  if (cause instanceof Problem) return cause;
  const told = messageOf(cause);
  const message = `${where}: ${errnoOf(cause) ?? told}`;
  if (/^(?:WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/.test(told)) {
    return new DeniedProblem("credentials_refused", `${where}: ${told}`, { cause });
  }
  const code = errnoOf(cause) ?? "";
  if (/CERT|SIGNATURE|UNKNOWN_CA/.test(code)) {
    // What comes as an alert is what the other side thinks.
    const remedy = /ALERT/.test(code) ? OURS : THEIRS;
    return new LinkProblem("connect_failed", message, { cause, remedy });
  }
  if (/^[A-Z]+ /.test(told)) return new LinkProblem("server_failed", `${where}: ${told}`, { cause });
  return new LinkProblem("connect_failed", message, { cause });
}

/** One problem for several nodes. Where one of them may come back, waiting for a person would be wrong. */
function allOf(problems: readonly Problem[]): Problem {
  const [first] = problems as [Problem, ...Problem[]];
  if (problems.length === 1) return first;
  const message = problems.map((problem) => problem.message).join("; ");
  const cause = { cause: new AggregateError(problems) };
  const denied = problems.every((problem) => problem instanceof DeniedProblem);
  if (denied) return new DeniedProblem("credentials_refused", message, cause);
  return new LinkProblem("connect_failed", message, cause);
}
