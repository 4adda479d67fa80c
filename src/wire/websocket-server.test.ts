import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { Tidy } from "../../test/tools/tidy.ts";
import { WebSocketDesk } from "./websocket-server.ts";

const tidy = new Tidy();

it("a listener that throws loses its connection, and nobody else anything", async () => {
  const errors: unknown[] = [];
  const defect = new TypeError("a defect");
  const desk = new WebSocketDesk({ largest: 1_000, fell: (error) => errors.push(error) });
  const server = createServer().on("upgrade", (request, socket, head) =>
    desk.welcome(request, socket, head, (line) =>
      line.listen({
        received: () => {
          throw defect;
        },
        drained() {},
        gone() {},
      }),
    ),
  );
  tidy.later(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  tidy.later(() => client.terminate());
  client.on("open", () => client.send("x"));
  const [code] = (await once(client, "close")) as [number];
  expect([code, errors]).toEqual([1011, [defect]]);
});
