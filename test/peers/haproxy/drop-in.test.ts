import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { describeWith } from "../../tools/needs.ts";
import { type OutriderOptions, runOutrider, startOutrider } from "../../tools/outrider.ts";
import { freePort, serve } from "../../tools/ports.ts";
import { answerOf, exchange } from "../../tools/tcp.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

/** Started as hapgent is: by its variables alone. */
async function dropIn(content: string, options: OutriderOptions = {}) {
  const file = join(await folder(tidy), "state.json");
  writeFileSync(file, content);
  const env = { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", HAPGENT_STATE_FILE: file, ...options.env };
  const outrider = await startOutrider(tidy, { ...options, env });
  return { outrider, file, port: await outrider.port() };
}

describe("started by hapgent's variables", () => {
  test.each([
    ['{"status":"UP"}', "UP\n"],
    ['{"status":"UP","weight":77,"maxconn":300}', "UP 77% maxconn:300\n"],
    ['{"status":"STOPPED","weight":0,"maxconn":0}', "STOPPED 0% maxconn:0\n"],
    ["{", "FAIL\n"],
  ])("%s answers %j and nothing else", async (content, line) => {
    const { port } = await dropIn(content);
    expect(await exchange({ port })).toMatchObject({ text: line, end: "fin" });
  });

  test("needs to read nothing, and takes whatever is sent", async () => {
    const { port } = await dropIn('{"status":"UP"}');
    expect(await exchange({ port, halfClose: true })).toMatchObject({ text: "UP\n", end: "fin" });
    expect(await answerOf(port, "be/s1\n")).toBe("UP\n");
    expect(await answerOf(port, "GET / HTTP/1.1\r\n\r\n")).toBe("UP\n");
    const much = Buffer.alloc(1_000_000, "x");
    expect(await exchange({ port, send: much })).toMatchObject({ text: "UP\n", end: "fin" });
    expect(await exchange({ port, send: much, halfClose: true })).toMatchObject({ text: "UP\n", end: "fin" });
  });

  describeWith("pgrep")("and asked for by name", () => {
    test("is found by hapgent's name, and signals reach it", async () => {
      const { outrider, port } = await dropIn('{"status":"UP"}');
      const found = execFileSync("pgrep", ["-x", "hapgent"], { encoding: "utf8" });
      expect(found.trim().split("\n").map(Number)).toContain(outrider.pid);
      outrider.signal("SIGUSR2");
      await outrider.says("state saved");
      expect(await answerOf(port)).toBe("DOWN\n");
    });
  });

  test("opens no port but hapgent's own", async () => {
    const { outrider, port } = await dropIn('{"status":"UP"}');
    await outrider.says("outrider is running");
    expect(listeningPorts(outrider.pid)).toEqual([port]);
  });

  test("on `::` it answers IPv4 too", async () => {
    const { port } = await dropIn('{"status":"UP"}', { env: { HAPGENT_IP: "::" } });
    expect((await exchange({ port, host: "127.0.0.1" })).text).toBe("UP\n");
    expect((await exchange({ port, host: "::1" })).text).toBe("UP\n");
  });

  test("two of them live on one machine, with one place for what they remember", async () => {
    const stateDir = await folder(tidy);
    const [one, other] = [await freePort(), await freePort()];
    const first = await dropIn('{"status":"UP"}', { stateDir, env: { HAPGENT_PORT: String(one) } });
    const second = await dropIn('{"status":"DOWN"}', { stateDir, env: { HAPGENT_PORT: String(other) } });
    expect([await answerOf(first.port), await answerOf(second.port)]).toEqual(["UP\n", "DOWN\n"]);
  });

  test("a file name is taken as it is, also where it looks like a reference", async () => {
    const file = join(await folder(tidy), "$" + "{HOME}");
    writeFileSync(file, '{"status":"MAINT"}');
    const { port } = await dropIn("", { env: { HAPGENT_STATE_FILE: file } });
    expect(await answerOf(port)).toBe("MAINT\n");
  });

  test("an empty file name is a missing file, as for hapgent", async () => {
    const { outrider, port } = await dropIn("", { env: { HAPGENT_STATE_FILE: "" } });
    expect(await answerOf(port)).toBe("FAIL\n");
    outrider.signal("SIGUSR1");
    await outrider.says("state cannot be saved, it holds in memory");
    expect(await answerOf(port)).toBe("UP\n");
  });

  test("ends at once when it is told to, with status 0, and leaves the file as it is", async () => {
    const { outrider, file } = await dropIn('{"status":"DRAIN"}');
    const began = performance.now();
    expect(await outrider.stop()).toEqual({ status: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(readFileSync(file, "utf8")).toBe('{"status":"DRAIN"}');
  });
});

describe("what hapgent could not start with ends with status 1", () => {
  const start = async (env: Record<string, string>) =>
    runOutrider(tidy, { env: { HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "0", ...env } });

  test.each([
    { HAPGENT_PORT: "65536" },
    { HAPGENT_PORT: "" },
    { HAPGENT_PORT: "http" },
    { HAPGENT_IP: "localhost" },
    { HAPGENT_IP: "" },
    { HAPGENT_IP: "127.0.0.01" },
  ])("%o, before it listens, naming the variable", async (env) => {
    const { status, stderr } = await start(env as unknown as Record<string, string>);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(Object.keys(env)[0]!) });
    expect(stderr).not.toContain("answering agent checks");
  });

  test("a port that somebody else has", async () => {
    const port = await serve(tidy, () => {});
    const { status, stderr } = await start({ HAPGENT_PORT: String(port) });
    expect(status).toBe(1);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}`);
    expect(stderr).toContain("HAPGENT_PORT");
  });

  test("an address that is not this machine's", async () => {
    const { status, stderr } = await start({ HAPGENT_IP: "192.0.2.1" });
    expect(status).toBe(1);
    expect(stderr).toContain("cannot listen on 192.0.2.1:0");
    expect(stderr).toContain("HAPGENT_IP");
  });

  test("asked for by name it is the same", async () => {
    const env = { HAPGENT_PORT: "x" };
    const { status } = await runOutrider(tidy, { env, args: ["run", "--from", "hapgent"] });
    expect(status).toBe(1);
  });

  test("but a mistake in a configuration of our own is ours", async () => {
    const agents = { web: { kind: "haproxy", listen: "127.0.0.1:http" } };
    expect(await runOutrider(tidy, { config: { agents } })).toMatchObject({ status: 78 });
  });
});

/** The TCP ports that a process listens on, as the kernel lists them. */
function listeningPorts(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const lines = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n"));
  return lines.flatMap((line) => {
    const [, address = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const listens = state === "0A" && sockets.includes(`socket:[${inode}]`);
    return listens ? [Number.parseInt(address.split(":")[1] ?? "", 16)] : [];
  });
}
