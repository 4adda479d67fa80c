import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { settlesWithin } from "../../core/life.ts";
import { LinkProblem } from "../../core/problems.ts";
import { openAdmin } from "./door.ts";

const tidy = new Tidy();

describe("events", () => {
  it("tell the state of every agent, then each change, and end with the process", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `admin: { listen: "127.0.0.1:${port}" }\nagents:\n  a: { kind: parrot }\n  b: { kind: parrot }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    const socket = createConnection(port, "127.0.0.1");
    tidy.later(() => void socket.destroy());
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk) => (received += chunk));
    socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const events = () =>
      [...received.matchAll(/event: (\w+)\r?\ndata: (.*)/g)].map(([, event, data]) => {
        const { name, standing } = JSON.parse(data!);
        return `${event} ${name} ${standing}`;
      });
    await until("two events", () => events().length === 2);
    expect(events()).toEqual(["agent a ready", "agent b ready"]);
    await outrider.stopAgent("a");
    await until("told that a stopped", () => events().includes("agent a stopped"));
    source.text = source.text.replace("  a: { kind: parrot }\n", "");
    await outrider.reload();
    await until("told that a is gone", () => events().includes("gone a undefined"));
    const ended = once(socket, "end");
    const closed = outrider.close();
    expect(await settlesWithin(2_000, Promise.all([ended, closed]))).toBe(true);
  });

  it("are let go of when their reader leaves", async () => {
    const port = await freePort();
    const { outrider } = await outriderOf(
      tidy,
      `admin: { listen: "127.0.0.1:${port}" }\nagents:\n  a: { kind: parrot }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    const watchers: (() => void)[] = [];
    const { watch } = outrider.supervisor;
    let watching = 0;
    outrider.supervisor.watch = (changed) => {
      const leave = watch.call(outrider.supervisor, changed);
      watching++;
      watchers.push(leave);
      return () => {
        watching--;
        leave();
      };
    };
    const socket = createConnection(port, "127.0.0.1").on("error", () => {});
    socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    expect(watching).toBe(1);
    socket.destroy();
    await until("nobody watches any more", () => watching === 0);
  });

  it("tell problems, reloads and figures, and of the log what was asked for", async () => {
    const port = await freePort();
    const { outrider, source } = await outriderOf(
      tidy,
      `admin: { listen: "127.0.0.1:${port}" }\nagents:\n  a: { kind: parrot, fails: part }\n  b: { kind: parrot }`,
    );
    await outrider.start();
    await openAdmin(outrider);
    const read = await reader(port, "?log=b");
    await until("the first states", () => read("agent").length === 2);
    // What was met before is in the answer for the agent; only what is new is told.
    expect(read("problem")).toEqual([]);
    outrider.supervisor
      .ward("b")!
      .health.part("sink")
      .down(new LinkProblem("connect_failed", "nobody at amqp://u:canary@h"));
    await until("the problem", () => read("problem").length === 1);
    expect(read("problem")[0]).toMatchObject({
      name: "b",
      part: "sink",
      code: "connect_failed",
      message: "nobody at amqp://u:***@h",
      remedy: expect.any(String),
      count: 1,
    });
    outrider.pulses.look();
    await until("the pulse", () => read("pulse").length > 0);
    expect(read("pulse")[0]).toMatchObject({
      at: expect.any(Number),
      agents: { a: [0, expect.any(Number), null, null] },
    });
    source.text = source.text.replace("  b: { kind: parrot }", "  b: { kind: parrot, says: new }");
    await outrider.reload();
    await until("the reload", () => read("reloaded").length === 1);
    expect(read("reloaded")[0]).toMatchObject({ restarted: ["b"], kept: ["a"], needsRestart: [] });
    await until("the log of b", () => read("log").some(({ message }) => message === "parrot sits"));
    expect(read("log").filter(({ name, agent }) => name !== "b" || agent !== "b")).toEqual([]);
  });
});

/** Reads the events, and tells the data of those of a name that came so far. */
async function reader(port: number, query = "") {
  const socket = createConnection(port, "127.0.0.1");
  tidy.later(() => void socket.destroy());
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    received += chunk;
  });
  socket.write(`GET /api/events${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(socket, "connect");
  return (event: string): Record<string, unknown>[] =>
    [...received.matchAll(/event: (\w+)\r?\ndata: (.*)/g)]
      .filter(([, name]) => name === event)
      .map(([, , data]) => JSON.parse(data!) as Record<string, unknown>);
}
