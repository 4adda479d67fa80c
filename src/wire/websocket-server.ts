import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * A whole text message as it goes over the wire from a server (RFC 6455, 5.2): final, not masked, not compressed. It
 * may be written to as many connections as want it, and nothing is copied.
 */
export function frameOf(payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** Who listens to a connection. */
export interface WebSocketListener {
  /** A whole message; binary ones are taken for text. */
  received(text: string): void;
  /** Everything that was written has gone to the kernel, after a `write` that said it had to wait. */
  drained(): void;
  /** The connection is over; nothing can be written any more. */
  gone(code: number): void;
}

/** The server's end of one WebSocket. Compression is never negotiated, so that frames can be shared. */
export class WebSocketLine {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #fell: (error: unknown) => void;
  /** The last sign of life of the other side, as `performance.now()` has it. */
  heard = performance.now();

  /** @internal The library's types are not part of ours: whoever compiles against us need not have them. */
  constructor(ws: WebSocket, socket: Socket, fell: (error: unknown) => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#fell = fell;
    const alive = () => {
      this.heard = performance.now();
    };
    ws.on("ping", alive).on("pong", alive);
  }

  listen(listener: WebSocketListener): void {
    this.#ws.on("message", (data: Buffer) => {
      this.heard = performance.now();
      try {
        listener.received(data.toString());
      } catch (error) {
        this.#fell(error);
        this.#ws.close(1011, "a message met a defect");
      }
    });
    this.#ws.on("close", (code: number) => listener.gone(code));
    this.#socket.on("drain", () => listener.drained());
  }

  /** Bytes that wait for the other side to read. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that the kernel has taken so far, also of a frame that is still under way. */
  get taken(): number {
    const { bytesWritten, writableLength } = this.#socket;
    // What Node has handed on counts as written, so its queue is asked as well; that is how Node's own timeouts see it.
    const { _handle: handle } = this.#socket as { _handle?: { writeQueueSize?: number } | null };
    return bytesWritten - (handle?.writeQueueSize ?? writableLength);
  }

  /** Writes a frame. @returns false if it has to wait for the other side, or if that one has gone */
  write(frame: Buffer): boolean {
    // Past the library, which would frame every message anew; without compression it writes at once as well, so
    // frames keep their order.
    return this.#ws.readyState === this.#ws.OPEN && this.#socket.write(frame);
  }

  ping(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
  }

  /** Says goodbye, and lets go when the other side has answered, or after half a minute. */
  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

export interface WebSocketDeskOptions {
  /** A larger message ends its connection with 1009, in bytes. */
  readonly largest: number;
  /** Told of a listener that throws. Its connection is closed with 1011. */
  fell(error: unknown): void;
}

/** Turns upgraded HTTP requests into lines. */
export class WebSocketDesk {
  readonly #server: WebSocketServer;
  readonly #fell: (error: unknown) => void;

  constructor({ largest, fell }: WebSocketDeskOptions) {
    this.#fell = fell;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: largest,
    });
    // A handshake that cannot be answered has been refused already.
    this.#server.on("wsClientError", (_, socket) => socket.destroy());
  }

  welcome(request: IncomingMessage, socket: Duplex, head: Buffer, met: (line: WebSocketLine) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // What breaks is told by "close" as well; unheard, it would end the process.
      ws.on("error", () => {});
      met(new WebSocketLine(ws, socket as Socket, this.#fell));
    });
  }
}

export interface PulseOptions {
  /** The pause between two pings, in milliseconds. */
  readonly every: number;
  /** Who gives no sign of life for so long is cut off, in milliseconds. */
  readonly patience: number;
}

/** Finds out who has gone without a word: one timer for all lines. */
export class Pulse {
  readonly #lines = new Set<WebSocketLine>();
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  add(line: WebSocketLine): void {
    this.#lines.add(line);
    this.#timer ??= setInterval(() => this.#beat(), this.#options.every);
  }

  remove(line: WebSocketLine): void {
    this.#lines.delete(line);
    if (this.#lines.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const dead = performance.now() - this.#options.patience;
    for (const line of this.#lines) {
      if (line.heard < dead) line.terminate();
      else line.ping();
    }
  }
}
