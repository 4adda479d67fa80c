import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { folder } from "../tools/folder.ts";
import { bodyOf, expectAll, idsUpTo, runQueue } from "../tools/queue-stage.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
let backend: Backend;
beforeEach(async () => {
  backend = await Backend.start(tidy);
});

describe("an inbox", () => {
  const run = async (inbox: object, more: object = {}) => {
    const stage = await runQueue(tidy, {
      orders: {
        listen: "127.0.0.1:0",
        from: { inbox },
        to: [{ http: { url: `${backend.url}/{routing_key}` } }],
        retry: { times: 1, first: "1ms" },
        ...more,
      },
    });
    const line = await until("it listens", () =>
      stage.lines.find(({ message }) => message === "events may be posted"),
    );
    const post = (id: number, path = "/") =>
      fetch(`http://${String(line["address"])}${path}`, { method: "POST", body: bodyOf(id) });
    return { ...stage, post };
  };

  it("answers when the event was delivered, was set aside, or can be delivered by nobody now", async () => {
    const { post, stop } = await run({ path: "/events" });
    const good = await post(1, "/events/order/made");
    expect([good.status, backend.calls[0]?.target]).toEqual([200, "/order.made"]);
    backend.mood = 422;
    const refused = await post(2, "/events");
    expect([refused.status, await refused.text()]).toEqual([
      422,
      expect.stringContaining('"error":"the event was set aside","code":"item_refused"'),
    ]);
    expect((await post(3, "/else")).status).toBe(404);
    backend.mood = 503;
    const called = backend.calls.length;
    const waiting = post(4, "/events");
    await backend.called(called + 2);
    expect((await waiting).status).toBe(422);
    backend.mood = { status: 429, headers: { "retry-after": "600" } };
    const left = post(5, "/events");
    await backend.called(called + 3);
    await stop("orders");
    expect((await left).status).toBe(503);
  });

  it("answers 202 as soon as the event is safe on disk, and delivers it after a restart", async () => {
    await backend.leave();
    const { post, outrider, isUp } = await run(
      { answer: "accepted" },
      { retry: { first: "10ms", max: "50ms", times: 10_000 } },
    );
    const ids = idsUpTo(20);
    const answers = await Promise.all(ids.map((id) => post(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await outrider.stopAgent("orders");
    await backend.comeBack();
    await outrider.startAgent("orders");
    await isUp("orders");
    await backend.took(20);
    expect(expectAll(ids, backend.taken)).toBe(0);
  });

  it("asks callers to come back while its spool is full, and loses nothing that it had accepted", async () => {
    await backend.leave();
    const { post } = await run(
      { answer: "accepted", spool: "4KB" },
      { retry: { first: "10ms", max: "50ms", times: 10_000 } },
    );
    const accepted: number[] = [];
    for (let id = 1; accepted.length === id - 1; id++) if ((await post(id)).status === 202) accepted.push(id);
    expect(accepted.length).toBeGreaterThan(20);
    expect((await post(1_000)).status).toBe(503);
    await backend.comeBack();
    await backend.took(accepted.length);
    expect(expectAll(accepted, backend.taken)).toBe(0);
    await until("there is room again", async () => (await post(2_000)).status === 202);
  });

  it("asks callers to come back while it is paused, and takes nothing", async () => {
    const { post, outrider } = await run({});
    await outrider.call("orders", "pause", {});
    expect((await post(1)).status).toBe(503);
    await outrider.call("orders", "resume", {});
    expect((await post(2)).status).toBe(200);
    expect([...backend.taken.keys()]).toEqual([2]);
  });
});

describe("a file", () => {
  it("is sent line by line, and after a restart goes on where it was", async () => {
    const path = join(await folder(tidy), "events.ndjson");
    writeFileSync(
      path,
      idsUpTo(50)
        .map((id) => `${bodyOf(id).toString()}\n`)
        .join(""),
    );
    const { outrider } = await runQueue(tidy, {
      orders: {
        from: { file: { path, follow: true } },
        to: [{ http: { url: backend.url } }],
        workers: 4,
      },
    });
    await backend.took(50);
    await outrider.stopAgent("orders");
    writeFileSync(path, `${bodyOf(51).toString()}\n`, { flag: "a" });
    await outrider.startAgent("orders");
    await backend.took(51);
    expect(expectAll(idsUpTo(51), backend.taken)).toBe(0);
  });
});

describe("replay", () => {
  const run = async () => {
    const stage = await runQueue(tidy, {
      orders: {
        listen: "127.0.0.1:0",
        from: { inbox: {} },
        to: [{ http: { url: backend.url } }],
      },
    });
    const place = join(stage.outrider.stateDir, "files", "orders");
    const file = join(place, "rejected.ndjson");
    mkdirSync(place, { recursive: true });
    const setAside = (ids: readonly number[]) => {
      const lines = ids.map((id) => JSON.stringify({ body: `{"id":${id}}`, headers: {}, properties: {} }));
      writeFileSync(file, `${lines.join("\n")}\n`);
    };
    const done = () =>
      until("the file is gone", () => !readdirSync(place).some((name) => name.includes("replay")));
    return { ...stage, file, setAside, done };
  };

  it("sends what was set aside, and sets aside anew what is refused again", async () => {
    const { outrider, file, setAside, done } = await run();
    setAside(idsUpTo(10));
    backend.mood = ({ ids }) => (ids[0] === 4 ? 422 : 200);
    expect(await outrider.call("orders", "replay", {})).toEqual({ replaying: true });
    await backend.called(10);
    await done();
    expect(backend.taken.size).toBe(9);
    expect(readFileSync(file, "utf8")).toContain("invalid status code 422");
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
  });

  it("passes over what is no event, such as half a line, says so, and keeps the file", async () => {
    const { outrider, file, setAside, done, lines } = await run();
    setAside([1, 2]);
    writeFileSync(file, '{"body":"{\\"id\n', { flag: "a" });
    await outrider.call("orders", "replay", {});
    await backend.took(2);
    await done();
    expect(readdirSync(dirname(file)).join()).toMatch(/^rejected\.ndjson\.unreadable-\d+$/);
    expect(lines.some(({ message }) => message.includes("no JSON"))).toBe(true);
  });

  it("leaves nothing out of a file that has the inode of the one before", async () => {
    const { outrider, setAside, done } = await run();
    for (const ids of [idsUpTo(5), idsUpTo(9, 6)]) {
      setAside(ids);
      await outrider.call("orders", "replay", {});
      await backend.took(ids.at(-1)!);
      await done();
    }
    expect(expectAll(idsUpTo(14), backend.taken)).toBe(0);
  });

  it("that was cut off by a stop goes on at the next start", async () => {
    const { outrider, setAside, done, file } = await run();
    setAside(idsUpTo(40));
    backend.mood = async () =>
      backend.calls.length > 20 ? { status: 429, headers: { "retry-after": "600" } } : 200;
    await outrider.call("orders", "replay", {});
    await backend.called(21);
    await outrider.stopAgent("orders");
    expect(existsSync(file)).toBe(false);
    backend.mood = 200;
    await outrider.startAgent("orders");
    await backend.took(40);
    await done();
    // What had been sent after the first that waited comes again: a file has one mark.
    expect(expectAll(idsUpTo(40), backend.taken)).toBeLessThanOrEqual(20);
  });
});
