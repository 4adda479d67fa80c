import { BlockList, isIPv6, type Socket } from "node:net";
import type { Tenant } from "../../core/doors.ts";
import { httpAnswer, isHttp, servicePath } from "./http.ts";
import type { Pollers } from "./pollers.ts";
import type { Service } from "./service.ts";

/** How long after our answer a connection may stay open, in milliseconds. */
const LINGER = 1_000;
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
    if (!this.#isAllowed(socket) || this.#open >= this.#options.maxConnections) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.#open++;
    socket.on("close", () => this.#open--);
    if (this.#options.listens) this.#listen(socket);
    else this.#answer(socket, "*");
  }

  /** Waits for a line end, an HTTP head, the client's end, too much, or too long. */
  #listen(socket: Socket): void {
    let text = "";
    const decide = () => {
      clearTimeout(timer);
      socket.off("data", read).off("end", decide).off("close", decide);
      if (this.#options.http && isHttp(text)) this.#answerHttp(socket, text);
      else this.#answer(socket, serviceName(text));
    };
    const read = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (this.#options.http && isHttp(text)) {
        if (text.includes("\r\n\r\n") || text.length > LONGEST_HEAD) decide();
      } else if (text.includes("\n") || text.length > LONGEST_LINE) decide();
    };
    // Set from the runtime API of HAProxy the line has no end, so a short silence ends it too.
    const timer = setTimeout(decide, this.#options.wait);
    socket.on("data", read).on("end", decide).on("close", decide);
  }

  #answer(socket: Socket, name: string): void {
    const service = this.#find(name);
    if (service?.said) {
      this.#polled(socket, service);
      say(socket, service.line);
    } else socket.destroySoon();
  }

  #answerHttp(socket: Socket, head: string): void {
    const service = this.#find(servicePath(head));
    if (service?.said) this.#polled(socket, service);
    say(socket, httpAnswer(head, service));
  }

  #polled(socket: Socket, service: Service): void {
    this.answered++;
    this.#options.pollers.polled(socket.remoteAddress ?? "local", service.name, service.generation);
  }

  #find(name: string): Service | undefined {
    return this.#options.services.get(name) ?? this.#options.services.get("*");
  }

  #isAllowed(socket: Socket): boolean {
    const address = socket.remoteAddress;
    if (!this.#allowed || address === undefined) return true;
    const plain = address.replace(/^::ffff:/, "");
    return this.#allowed.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }
}

/**
 * One write, then our FIN, then swallow what the client sent: an unread byte would turn the close into a reset,
 * and a reset can overtake the answer.
 */
function say(socket: Socket, answer: Buffer): void {
  socket.end(answer);
  socket.resume();
  socket.setTimeout(LINGER, () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), LINGER);
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
