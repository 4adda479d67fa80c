import { describe, expect, it } from "vitest";
import { memoryLog } from "../../test/tools/in-process.ts";
import { Secret } from "../core/secret.ts";
import { LogTail, type TailLine } from "./log-tail.ts";

function tailed() {
  const tail = new LogTail();
  const { log, lines } = memoryLog();
  return { tail, log: tail.before(log), lines };
}

const messages = (lines: readonly TailLine[]) => lines.map(({ message }) => message);

describe("the end of the log", () => {
  it("is kept of each agent, and of the process, and is passed on", () => {
    const { tail, log, lines } = tailed();
    log.info({ agent: "a", part: "source" }, "one");
    log.error({}, "two");
    log.warn({ agent: "b" }, "three");
    expect(tail.lines(10, "a")).toEqual([
      { at: expect.any(Number), level: "info", message: "one", agent: "a", part: "source" },
    ]);
    expect([messages(tail.lines(10)), messages(tail.lines(2))]).toEqual([
      ["one", "two", "three"],
      ["two", "three"],
    ]);
    expect([lines.length, tail.lines(10, "c"), tail.lines(0)]).toEqual([3, [], []]);
    tail.forget("a");
    expect(tail.lines(10, "a")).toEqual([]);
  });

  it("leaves out what the log does", () => {
    const { tail, log } = tailed();
    log.debug({ agent: "a" }, "quiet");
    tail.level = "debug";
    log.debug({ agent: "a" }, "loud");
    expect(messages(tail.lines(10, "a"))).toEqual(["loud"]);
  });

  it("holds no secret", () => {
    const { tail, log } = tailed();
    const told: TailLine[] = [];
    tail.news.watch(({ line }) => told.push(line));
    const err = new Error("cannot reach amqp://u:canary@h");
    log.error(
      { agent: "a", token: new Secret("canary"), deep: { url: "http://u:canary@h" }, err },
      "at http://u:canary@h",
    );
    const [line] = tail.lines(1, "a");
    expect(JSON.stringify([line, told])).not.toContain("canary");
    expect(line).toMatchObject({
      token: "***",
      deep: { url: "http://u:***@h" },
      message: "at http://u:***@h",
      err: { type: "Error", message: "cannot reach amqp://u:***@h", stack: expect.any(String) },
    });
  });

  it("is bounded in lines and in bytes, of each agent by itself", () => {
    const { tail, log } = tailed();
    log.info({ agent: "quiet" }, "still here");
    for (let index = 0; index < 5_000; index++) log.info({ agent: "loud" }, `line ${index}`);
    expect([tail.lines(9_999, "loud").length, tail.lines(9_999).length]).toEqual([200, 1_000]);
    expect(tail.lines(1, "loud")[0]?.message).toBe("line 4999");
    for (let index = 0; index < 300; index++) log.info({ agent: "loud", long: "x".repeat(4_000) }, "long");
    const kept = JSON.stringify(tail.lines(9_999, "loud")).length;
    expect(kept).toBeLessThan(70_000);
    expect(messages(tail.lines(9, "quiet"))).toEqual(["still here"]);
  });

  it("keeps of a very long line the message alone", () => {
    const { tail, log } = tailed();
    log.info({ agent: "a", long: "x".repeat(100_000) }, "long");
    expect(tail.lines(1, "a")).toEqual([
      { agent: "a", at: expect.any(Number), level: "info", message: "long" },
    ]);
  });
});
