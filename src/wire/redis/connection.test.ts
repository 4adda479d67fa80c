import { expect, it } from "vitest";
import { describeWith } from "../../../test/tools/needs.ts";
import { RedisServer, startSentinel } from "../../../test/tools/redis.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { DeniedProblem, LinkProblem } from "../../core/problems.ts";
import { Secret } from "../../core/secret.ts";
import { openRedis } from "./connection.ts";

const tidy = new Tidy();
const { signal } = new AbortController();

describeWith("redis-server")("a connection to Redis", () => {
  it("asks and is answered, by TCP and by socket, in the database of the URL", async () => {
    const server = await RedisServer.start(tidy);
    const tcp = await openRedis({ url: `${server.url}/2` }, signal);
    const unix = await openRedis({ url: `unix://${server.socket}?db=2` }, signal);
    expect(await tcp.command("SET", "key", "value")).toBe("OK");
    expect(await unix.command("GET", "key")).toBe("value");
    expect(
      await unix.transaction([
        ["INCR", "n"],
        ["INCR", "n"],
      ]),
    ).toEqual([1, 2]);
    const elsewhere = await openRedis({ url: server.url }, signal);
    expect(await elsewhere.command("GET", "key")).toBeNull();
    for (const each of [tcp, unix, elsewhere]) each.end();
  });

  it("hears what is published", async () => {
    const server = await RedisServer.start(tidy);
    const [listener, speaker] = [await openRedis({ url: server.url }, signal), await server.client(tidy)];
    const heard: string[] = [];
    await listener.subscribe(["news"], (message) => heard.push(message));
    await speaker.command("PUBLISH", "news", "hello");
    await until("it is heard", () => heard.length === 1);
    listener.end();
  });

  it("says what is wrong: a login that is refused, nobody there, a connection that breaks", async () => {
    const server = await RedisServer.start(tidy, { password: "canary" });
    const wrong = openRedis({ url: server.url, password: new Secret("wrong") }, signal);
    await expect(wrong).rejects.toBeInstanceOf(DeniedProblem);
    const right = await openRedis({ url: server.url, password: new Secret("canary") }, signal);
    await server.kill();
    expect(await right.broken).toBeInstanceOf(LinkProblem);
    await expect(right.command("PING")).rejects.toBeInstanceOf(LinkProblem);
    const refused = await openRedis({ url: `redis://u:canary@127.0.0.1:${server.port}` }, signal).catch(
      (error) => error,
    );
    expect(refused).toBeInstanceOf(LinkProblem);
    expect(String(refused)).not.toContain("canary");
  });

  it("finds the master that sentinels name", async () => {
    const server = await RedisServer.start(tidy);
    const port = await startSentinel(tidy, `sentinel monitor main 127.0.0.1 ${server.port} 1`);
    const nodes = ["127.0.0.1:1", `127.0.0.1:${port}`];
    const address = { url: "redis://ignored:1/3", sentinel: { name: "main", nodes } };
    const connection = await until("the sentinel knows", () => openRedis(address, signal));
    await connection.command("SET", "a", "1");
    connection.end();
    expect(await (await server.client(tidy)).command("GET", "a")).toBeNull();
    const third = await openRedis({ url: `${server.url}/3` }, signal);
    expect(await third.command("GET", "a")).toBe("1");
    third.end();
  });
});
