import type { ServerResponse } from "node:http";
import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import { answerOf } from "../../test/tools/tcp.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import type { HttpTenant } from "../core/doors.ts";
import { House } from "./doors.ts";

const tidy = new Tidy();
const never = new AbortController().signal;
const answering: HttpTenant = { request: (_, response) => void response.end("here") };

/** A house with one tenant behind one door. */
async function opened(tenant: HttpTenant) {
  const house = new House();
  tidy.later(() => house.close(AbortSignal.timeout(1_000)));
  const { address } = await house.for("test").open("127.0.0.1:0", tenant);
  return { house, port: Number(address.split(":").at(-1)) };
}

/** A client that has asked and keeps its connection. Resolves when it has its answer. */
function asked(port: number): Promise<{ closed: Promise<unknown> }> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    const closed = new Promise((done) => socket.on("close", done));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.on("data", () => resolve({ closed }));
  });
}

describe("closing an HTTP door", () => {
  test("does not wait for clients that have their answer and keep the connection", async () => {
    const { house, port } = await opened(answering);
    const { closed } = await asked(port);
    const began = performance.now();
    await house.close(never);
    await closed;
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("waits for an answer that is on its way, and then ends the connection", async () => {
    let begun: (response: ServerResponse) => void = () => {};
    const request = new Promise<ServerResponse>((resolve) => {
      begun = resolve;
    });
    const { house, port } = await opened({ request: (_, response) => begun(response) });
    const client = answerOf(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const response = await request;
    const closing = house.close(never);
    response.end("the whole answer");
    await closing;
    expect(await client).toContain("the whole answer");
  });
});
