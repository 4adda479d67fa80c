import { type ChannelModel, connect } from "amqplib";
import { onAbort, Within } from "../../core/life.ts";
import { ConfigProblem, DeniedProblem, errnoOf, LinkProblem, type Problem } from "../../core/problems.ts";
import type { TlsFiles } from "../tls-files.ts";
import { type AmqpAddress, parseAmqpUrl, shownAddress } from "./address.ts";
import { AmqpConnection, type AmqpListener } from "./connection.ts";
import { credentialsOf, tlsOptions } from "./credentials.ts";
import { brokerProblem } from "./refusal.ts";

export interface AmqpBrokerOptions {
  /** Where the broker is; several are tried in turn, see `parseAmqpUrl`. What a URL says goes before what stands here. */
  readonly urls: readonly string[];
  /**
   * How often each side gives a sign of life, in milliseconds; the broker may ask for less. A link that is silent for
   * two or three of these is broken. 0 is never. Default 10,000.
   */
  readonly heartbeat?: number;
  /** How long connecting to one host may take, in milliseconds. Default 10,000. */
  readonly connectTimeout?: number;
  /** Read at each connecting, so that a renewed certificate is used at the next. */
  readonly tls?: TlsFiles;
  /** The name of the connection, as the broker shows it. Default `outrider`. */
  readonly name?: string;
  /** More that the broker is told about us. */
  readonly clientProperties?: Readonly<Record<string, unknown>>;
}

/** A broker that may have several addresses. It can be connected to many times. */
export class AmqpBroker {
  readonly #options: AmqpBrokerOptions;
  readonly #addresses: readonly AmqpAddress[];
  /** The address that worked last. */
  #at = 0;

  /** Throws ConfigProblem if a URL cannot be read, or there is none. */
  constructor(options: AmqpBrokerOptions) {
    this.#options = options;
    this.#addresses = options.urls.map(parseAmqpUrl);
    if (this.#addresses.length === 0) throw new ConfigProblem("config_invalid", "no broker's URL is given");
  }

  /**
   * Connects to the first address that answers, beginning with the one that did last.
   * Throws LinkProblem, or DeniedProblem if every address refuses us.
   */
  async connect(signal: AbortSignal, listener?: AmqpListener): Promise<AmqpConnection> {
    const problems: Problem[] = [];
    for (let tried = 0; tried < this.#addresses.length; tried++) {
      const at = (this.#at + tried) % this.#addresses.length;
      try {
        const connection = await this.#connectTo(this.#addresses[at]!, signal, listener);
        this.#at = at;
        return connection;
      } catch (error) {
        if (signal.aborted) throw error;
        problems.push(error as Problem);
      }
    }
    throw allOf(problems);
  }

  async #connectTo(
    address: AmqpAddress,
    signal: AbortSignal,
    listener?: AmqpListener,
  ): Promise<AmqpConnection> {
    const where = shownAddress(address);
    const timeout = address.connectTimeout ?? this.#options.connectTimeout ?? 10_000;
    const patience = new Within(signal, timeout);
    const cut = new AbortController();
    const forget = onAbort(patience.signal, () => cut.abort());
    try {
      const model = await this.#dial(address, cut.signal);
      return new AmqpConnection(model, where, cut, listener);
    } catch (error) {
      cut.abort();
      const over = patience.signal.aborted && !signal.aborted;
      if (over) throw new LinkProblem("timed_out", `${where} could not be reached within ${timeout} ms`);
      // Who we are matters only to those that can be reached.
      const who = errnoOf(error) === undefined ? `${where} as ${address.user}` : where;
      throw brokerProblem(error, who, "connecting");
    } finally {
      forget();
      patience.release();
    }
  }

  async #dial(address: AmqpAddress, signal: AbortSignal): Promise<ChannelModel> {
    const { tls, heartbeat = 10_000, name = "outrider", clientProperties } = this.#options;
    const { host, port, vhost, channelMax } = address;
    const server = {
      protocol: address.tls ? "amqps" : "amqp",
      hostname: host,
      port,
      // The library decodes it once more.
      vhost: encodeURIComponent(vhost),
      heartbeat: Math.ceil((address.heartbeat ?? heartbeat) / 1_000),
      ...(channelMax !== undefined && { channelMax }),
    };
    return connect(server, {
      ...(await tlsOptions(address, tls)),
      credentials: credentialsOf(address),
      clientProperties: { connection_name: name, ...clientProperties },
      noDelay: true,
      keepAlive: true,
      // Node destroys the socket when it rings, which is the only way to let go of one that does not answer.
      ...({ signal } as object),
    });
  }
}

/** One problem for several hosts. Where one of them may come back, waiting for a person would be wrong. */
function allOf(problems: readonly Problem[]): Problem {
  const [first] = problems;
  if (problems.length === 1 && first) return first;
  const message = problems.map(({ message }) => message).join("; ");
  const cause = { cause: new AggregateError(problems) };
  const denied = problems.every((problem) => problem instanceof DeniedProblem);
  if (denied) return new DeniedProblem("credentials_refused", message, cause);
  return new LinkProblem("connect_failed", message, cause);
}
