import { onAbort } from "../../core/life.ts";
import { redis } from "./library.ts";

/** Asks a Redis, or a sentinel, at `host:port` one question, over a connection of its own. */
export async function ask(node: string, words: readonly string[], signal: AbortSignal): Promise<unknown> {
  const at = node.lastIndexOf(":");
  const client = redis().createClient({
    RESP: 2,
    socket: {
      host: node.slice(0, at),
      port: Number(node.slice(at + 1)),
      connectTimeout: 2_000,
      reconnectStrategy: false,
    },
    disableOfflineQueue: true,
  });
  client.on("error", () => {});
  const end = () => {
    if (client.isOpen) client.destroy();
  };
  const forget = onAbort(signal, end);
  try {
    await client.connect();
    return await client.sendCommand([...words]);
  } finally {
    forget();
    end();
  }
}
