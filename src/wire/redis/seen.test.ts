import { createConnection } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { folder } from "../../../test/tools/folder.ts";
import { describeWith } from "../../../test/tools/needs.ts";
import { freePort, serve } from "../../../test/tools/ports.ts";
import { startProgram } from "../../../test/tools/program.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { DeniedProblem, LinkProblem } from "../../core/problems.ts";
import { RedisSeen } from "./seen.ts";

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.end("PING\r\n"));
    socket
      .on("data", (data) => resolve(/PONG|NOAUTH/.test(data.toString())))
      .on("error", () => resolve(false));
  });

async function redis(tidy: Tidy, ...more: string[]): Promise<string> {
  const port = await freePort();
  const dir = await folder(tidy);
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", ...more];
  await startProgram(tidy, "redis-server", { args, up: () => answers(port) });
  return `127.0.0.1:${port}`;
}

describeWith("redis-server")("RedisSeen", () => {
  const tidy = new Tidy("all");
  const each = new Tidy();
  let address: string;
  beforeAll(async () => {
    address = await redis(tidy);
  });

  const seen = (prefix: string, { ttl = 60_000, hold = 60_000, url = `redis://${address}` } = {}) => {
    const made = new RedisSeen({ url, prefix, ttl, hold });
    each.later(() => made.close());
    return made;
  };

  it("lets an event pass once it failed, and not once it was delivered", async () => {
    const store = seen("a:");
    expect(await store.claim("k")).toBe(true);
    await expect(store.claim("k")).rejects.toThrow(LinkProblem);
    await store.forget("k");
    expect(await store.claim("k")).toBe(true);
    await store.confirm("k");
    expect([await store.claim("k"), await store.claim("other")]).toEqual([false, true]);
  });

  it("lets one of two copies pass that come at once", async () => {
    const store = seen("t:");
    const claims = await Promise.allSettled([store.claim("k"), store.claim("k")]);
    expect(claims.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("knows what other processes delivered, and waits for what they are delivering", async () => {
    const [one, other] = [seen("b:"), seen("b:")];
    await one.claim("k");
    await expect(other.claim("k")).rejects.toThrow(LinkProblem);
    await one.confirm("k");
    expect(await other.claim("k")).toBe(false);
    await one.claim("failed");
    await one.forget("failed");
    expect([await other.claim("failed"), await seen("c:").claim("k")]).toEqual([true, true]);
  });

  it("forgets claims of the dead, and everything in the end", async () => {
    const dead = seen("d:", { hold: 20 });
    await dead.claim("k");
    await dead.close();
    const heir = seen("d:", { ttl: 20 });
    await until("the claim has run out", () => heir.claim("k").catch(() => false));
    await heir.confirm("k");
    await until("the key is forgotten", () => heir.claim("k"));
  });

  it("says what is wrong, without the password, and connects again", async () => {
    const port = await freePort();
    const store = seen("e:", { url: `redis://user:hush@127.0.0.1:${port}` });
    const problem = await store.claim("k").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(LinkProblem);
    expect(String(problem)).not.toContain("hush");
    const strict = await redis(each, "--requirepass", "right");
    await expect(seen("f:", { url: `redis://:wrong@${strict}` }).claim("k")).rejects.toThrow(DeniedProblem);
    expect(await seen("f:", { url: `redis://:right@${strict}` }).claim("k")).toBe(true);
  });

  it("lets an event pass whose failure could not be told", async () => {
    const one = seen("h:");
    await one.claim("k");
    await one.close();
    const forgetting = one.forget("k");
    await one.close();
    await forgetting.catch(() => {});
    expect(await one.claim("k")).toBe(true);
  });

  it("opens another connection when one breaks", async () => {
    let broken = 0;
    const [host, port] = address.split(":");
    const between = await serve(each, (socket) => {
      const onward = createConnection(Number(port), host);
      onward.on("error", () => {}).on("close", () => socket.destroy());
      socket.on("close", () => onward.destroy());
      // The first one is cut as soon as it is used for a command of ours.
      socket.on("data", (data) => {
        if (broken === 0 && data.includes("outrider-cut")) {
          broken++;
          socket.destroy();
        } else onward.write(data);
      });
      onward.pipe(socket);
    });
    const store = seen("g:", { url: `redis://127.0.0.1:${between}` });
    await expect(store.claim("outrider-cut")).rejects.toThrow(LinkProblem);
    expect(await store.claim("outrider-cut")).toBe(true);
  });
});
