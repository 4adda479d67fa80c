import { createConnection, type Socket } from "node:net";

export interface ExchangeOptions {
  readonly port: number;
  readonly host?: string;
  /** Sent at once. Default: nothing. */
  readonly send?: string | Buffer;
  /** Close our half after sending. Default false. */
  readonly halfClose?: boolean;
  /** How long it may take until the other side has closed, in milliseconds. Default 5,000. */
  readonly within?: number;
}

/** Everything that the other side sent, and how the connection ended. */
export interface Exchanged {
  /** One character per byte. */
  readonly text: string;
  readonly end: "fin" | "reset";
  /** From connecting to the first byte, in milliseconds; undefined if there was none. */
  readonly firstByte: number | undefined;
}

/** Connects, sends, and collects until the other side closes. */
export function exchange(options: ExchangeOptions): Promise<Exchanged> {
  const { port, host = "127.0.0.1", send, halfClose = false, within = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let firstByte: number | undefined;
    let text = "";
    const socket = createConnection({ port, host, allowHalfOpen: true }, () => {
      if (send !== undefined) socket.write(send);
      if (halfClose) socket.end();
    });
    const finish = (end: Exchanged["end"]) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, end, firstByte });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the other side did not close within ${within} ms; it sent ${JSON.stringify(text)}`));
    }, within);
    socket.on("data", (chunk) => {
      firstByte ??= performance.now() - began;
      text += chunk.toString("latin1");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") return finish("reset");
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** What the other side says to whoever connects. */
export async function answerOf(port: number, send?: string): Promise<string> {
  return (await exchange({ port, ...(send !== undefined && { send }) })).text;
}

/** An open connection that neither reads nor closes. */
export function silentClient(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true }, () => {
      socket.pause();
      socket.off("error", reject).on("error", () => {});
      resolve(socket);
    });
    socket.on("error", reject);
  });
}
