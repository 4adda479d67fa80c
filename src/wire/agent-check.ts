import { createConnection } from "node:net";
import { splitAddress } from "../config/units.ts";

/** Asks an agent as HAProxy does. @returns the bytes it answers; throws what the connection throws */
export function askAgentCheck(address: string, send = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = createConnection({ host: "127.0.0.1", ...splitAddress(address) }, () =>
      socket.write(send),
    );
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${address} did not answer within 5 s`)));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
