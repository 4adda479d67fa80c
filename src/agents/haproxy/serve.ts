import { BlockList, isIPv6, type Socket } from "node:net";
import type { Tenant } from "../../core/doors.ts";
import { httpAnswer, isHttp, servicePath } from "./http.ts";
import type { Pollers } from "./pollers.ts";
import type { Service } from "./service.ts";

/** How long after our answer a connection may stay open, in milliseconds. */
const LINGER = 1_000;
/** How long a client that has named a service is silent when it has no more to say, in milliseconds. */
const QUIET = 20;
/** A line of `agent-send` is not longer than this, in bytes. */
const LONGEST_LINE = 256;
/** An HTTP head is not longer than this, in bytes. */
const LONGEST_HEAD = 4_096;

export interface CounterOptions {
  readonly services: ReadonlyMap<string, Service>;
  readonly pollers: Pollers;
  /** Several services, or HTTP: read what the client sends before answering. */
  readonly listens: boolean;
  readonly http: boolean;
  /** How long to wait for what the client sends, in milliseconds. */
  readonly wait: number;
  readonly allow: readonly string[] | undefined;
  readonly maxConnections: number;
}

/** Answers whoever connects: at once, or after the line that says which service is meant. */
export class Counter {
  readonly #options: CounterOptions;
  readonly #allowed: BlockList | undefined;
  #open = 0;
  answered = 0;
  refused = 0;

  constructor(options: CounterOptions) {
    this.#options = options;
    this.#allowed = options.allow && blockList(options.allow);
  }

  get tenant(): Tenant {
    return { socket: (socket) => this.#take(socket) };
  }

  #take(socket: Socket): void {
    const address = addressOf(socket);
    if (!this.#isAllowed(address) || this.#open >= this.#options.maxConnections) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.#open++;
    socket.on("close", () => this.#open--);
    if (this.#options.listens) this.#listen(socket, address);
    else this.#answer(socket, address, "*");
  }

  /** Waits for a line end, an HTTP head, the client's end, too much, or too long. */
  #listen(socket: Socket, address: string): void {
    const { services, wait } = this.#options;
    let text = "";
    const forget = () => {
      clearTimeout(timer);
      socket.off("data", read).off("end", decide).off("close", forget);
    };
    const decide = () => {
      forget();
      if (this.#isHttp(text)) this.#answerHttp(socket, address, text);
      else this.#answer(socket, address, serviceName(text));
    };
    const read = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (this.#isWhole(text)) return decide();
      if (!services.has(serviceName(text))) return;
      // Set by HAProxy's runtime API the line has no end; a known name and then silence is as good.
      clearTimeout(timer);
      timer = setTimeout(decide, Math.min(QUIET, wait));
    };
    let timer = setTimeout(decide, wait);
    socket.on("data", read).on("end", decide).on("close", forget);
  }

  #isHttp(text: string): boolean {
    return this.#options.http && isHttp(text);
  }

  #isWhole(text: string): boolean {
    if (this.#isHttp(text)) return text.includes("\r\n\r\n") || text.length > LONGEST_HEAD;
    return text.includes("\n") || text.length > LONGEST_LINE;
  }

  #answer(socket: Socket, address: string, name: string): void {
    const service = this.#find(name);
    if (service?.said) {
      this.#polled(address, service);
      say(socket, service.line);
    } else socket.destroySoon();
  }

  #answerHttp(socket: Socket, address: string, head: string): void {
    const service = this.#find(servicePath(head));
    if (service?.said) this.#polled(address, service);
    say(socket, httpAnswer(head, service));
  }

  #polled(address: string, service: Service): void {
    this.answered++;
    this.#options.pollers.polled(address, service.name, service.generation);
  }

  #find(name: string): Service | undefined {
    return this.#options.services.get(name) ?? this.#options.services.get("*");
  }

  #isAllowed(address: string): boolean {
    if (address === GONE) return false;
    if (!this.#allowed || address === LOCAL) return true;
    const plain = address.replace(/^::ffff:/, "");
    return this.#allowed.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }
}

/** Who is at the other end of a UNIX socket. */
const LOCAL = "local";
/** Who has closed before we looked: whatever we say, nobody hears it. */
const GONE = "gone";

function addressOf({ remoteAddress, localAddress }: Socket): string {
  return remoteAddress ?? (localAddress === undefined ? LOCAL : GONE);
}

/**
 * One write, then our FIN, then swallow what the client sent: an unread byte would turn the close into a reset,
 * and a reset can overtake the answer.
 */
function say(socket: Socket, answer: Buffer): void {
  socket.end(answer);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER);
  timer.unref();
  socket.on("close", () => clearTimeout(timer));
}

function serviceName(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? "").trim() || "*";
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
