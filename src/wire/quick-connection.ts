import type { Socket } from "node:net";
import type { QuickRelay, QuickRequest } from "../core/doors.ts";
import { readHead } from "./quick-head.ts";

/** The whole answer, or who will write it, or undefined to leave the request to the full server. */
export type QuickAnswer = (request: QuickRequest) => string | QuickRelay | undefined;

export interface QuickOptions {
  readonly answer: QuickAnswer;
  /** Rewrites a target that the full server would refuse. */
  readonly mend: (target: string) => string | undefined;
  /** Takes the connection over, with the bytes that are not answered yet. */
  readonly handOver: (socket: Socket, unread: Buffer) => void;
  /** How long a connection may be idle, in milliseconds. */
  readonly idle: number;
}

/** After so much, in characters, it is looked whether the client reads what it asked for. */
const LARGEST_REPLY = 2 ** 20;
/** So much of what a client sends ahead, while its last request is still on its way, is taken, in bytes. */
const MOST_UNREAD = 2 ** 16;

/** One connection in the fast lane: one request after the other, until an odd one takes it out. */
export class QuickConnection {
  readonly #socket: Socket;
  readonly #options: QuickOptions;
  readonly #left: () => void;
  /** The headers of the last request. */
  #head = "";
  #unread: Buffer | undefined;
  #relaying = false;
  #abort: () => void = () => {};
  #last = false;

  constructor(socket: Socket, options: QuickOptions, left: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#left = left;
    socket.on("data", this.#read).on("end", this.#ended).on("drain", this.#goOn);
    socket.on("error", this.#drop).on("timeout", this.#drop).on("close", this.#closed);
    socket.setTimeout(options.idle);
  }

  /** Ends it after the answer that is under way. Other answers are written as a whole, so none is cut. */
  end(): void {
    if (this.#relaying) this.#last = true;
    else this.#socket.destroySoon();
  }

  readonly #drop = () => this.#socket.destroy();

  readonly #ended = () => {
    // Who hangs up does not wait for an answer any more; `node:http` sees it the same way.
    if (this.#relaying) this.#socket.destroy();
    else this.#socket.end();
  };

  readonly #closed = () => {
    this.#leave();
    if (this.#relaying) this.#abort();
  };

  readonly #goOn = () => {
    if (this.#relaying) return;
    const rest = this.#unread;
    this.#unread = undefined;
    this.#socket.resume();
    if (rest) this.#read(rest);
  };

  readonly #read = (chunk: Buffer) => {
    if (this.#relaying) return this.#keep(chunk);
    const { reply, used, next } = this.#answerAll(chunk.toString("latin1"));
    const flushed = reply === "" || this.#socket.write(reply, "latin1");
    const rest = used < chunk.length ? chunk.subarray(used) : undefined;
    if (next === "close") this.#finish();
    else if (next === "leave") this.#handOver(chunk.subarray(used));
    else if (next) this.#relay(next, rest);
    else if (!flushed) this.#wait(rest);
    else if (rest) this.#read(rest);
  };

  #relay({ relay, keepAlive }: Relaying, rest: Buffer | undefined): void {
    this.#unread = rest;
    this.#relaying = true;
    this.#socket.setTimeout(0);
    this.#abort = relay(this.#socket, (again) => {
      this.#relaying = false;
      // Nobody is there any more for whom to ask what else was asked for.
      if (this.#socket.destroyed) return;
      this.#socket.setTimeout(this.#options.idle);
      if (again && keepAlive && !this.#last) this.#goOn();
      else this.#finish();
    });
  }

  /** What comes during an answer waits; who sends too much of it is not read for a while. */
  #keep(chunk: Buffer): void {
    this.#unread = this.#unread ? Buffer.concat([this.#unread, chunk]) : chunk;
    if (this.#unread.length > MOST_UNREAD) this.#socket.pause();
  }

  /** A client that asks without reading the answers gets no further until it does. */
  #wait(rest: Buffer | undefined): void {
    this.#unread = rest;
    this.#socket.pause();
  }

  /** What comes after the last request of a connection is nobody's. */
  #finish(): void {
    this.#socket.off("data", this.#read).resume().end();
  }

  #leave(): void {
    this.#left();
    const socket = this.#socket.setTimeout(0);
    socket.off("data", this.#read).off("end", this.#ended).off("drain", this.#goOn);
    socket.off("error", this.#drop).off("timeout", this.#drop).off("close", this.#closed);
  }

  #handOver(unread: Buffer): void {
    this.#leave();
    this.#options.handOver(this.#socket, mended(unread, this.#options.mend));
  }

  /** Answers the requests in a text one after the other, as far as it goes. */
  #answerAll(text: string): Answered {
    let reply = "";
    let used = 0;
    while (used < text.length && reply.length < LARGEST_REPLY) {
      const request = readHead(text, used, this.#head);
      const answer = request && this.#options.answer(request);
      if (!request || answer === undefined) return { reply, used, next: "leave" };
      used = request.end;
      this.#head = request.headers;
      const { keepAlive } = request;
      if (typeof answer === "function") return { reply, used, next: { relay: answer, keepAlive } };
      reply += answer;
      if (!keepAlive) return { reply, used, next: "close" };
    }
    return { reply, used, next: undefined };
  }
}

interface Relaying {
  readonly relay: QuickRelay;
  readonly keepAlive: boolean;
}

/** How far a text was answered. */
interface Answered {
  readonly reply: string;
  /** Characters whose requests were answered. */
  readonly used: number;
  /** What has to be done before more is answered. */
  readonly next: "close" | "leave" | Relaying | undefined;
}

/** The target of a request line that holds a byte beyond ASCII. */
const ODD_TARGET = /(?<=^[A-Z]+ )[\x21-\x7e\x80-\xff]*[\x80-\xff][\x21-\x7e\x80-\xff]*(?= HTTP\/1\.[01]$)/;

/** The bytes with a request target that the full server takes. */
function mended(unread: Buffer, mend: QuickOptions["mend"]): Buffer {
  const line = unread.toString("latin1", 0, Math.max(0, unread.indexOf("\r\n")));
  const target = ODD_TARGET.exec(line)?.[0];
  const better = target === undefined ? undefined : mend(target);
  if (target === undefined || better === undefined) return unread;
  const start = line.replace(target, () => better);
  return Buffer.concat([Buffer.from(start, "latin1"), unread.subarray(line.length)]);
}
