import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { makeToken } from "../../src/agents/flags/token.ts";
import { Pulse, type WebSocketLine } from "../../src/wire/websocket-server.ts";
import { PROD, plainFlag, secrets } from "../tools/featbit-data.ts";
import { followingRelay } from "../tools/relay.ts";
import { SdkClient } from "../tools/sdk-client.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();

/** An SDK that asks for everything, and reads nothing of it. */
async function deaf(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1").on("error", () => {});
  tidy.later(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(
    `GET /streaming?type=server&token=${makeToken(secrets.prod.server)} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await once(socket, "readable");
  socket.pause();
  const text = Buffer.from('{"messageType":"data-sync","data":{"timestamp":0}}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  return socket;
}

describe("SDKs that never read", () => {
  it("1,000 of them cost no memory worth speaking of, keep nobody waiting, and are let go", {
    timeout: 90_000,
  }, async () => {
    const { url, port, server, status, outrider } = await followingRelay(tidy, { limits: { stalled: "3s" } });
    // Ten megabytes, so that no kernel takes it all in.
    server.edit(PROD, (each) => ({
      ...each,
      featureFlags: Array.from({ length: 1_000 }, (_, i) => ({
        ...plainFlag(`f${i}`),
        id: `id-${i}`,
        description: "x".repeat(10_000),
      })),
    }));
    server.say({ eventType: "rp_full", items: server.state.environments });
    await until("it is there", () => status().environments[0]?.flags === 1_000, { within: 20_000 });
    const reader = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
    await reader.sync(0);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 100 }, () => deaf(port)));
    const connects = async () =>
      Number(/connects_total\{.*\} (\d+)/.exec(await outrider.metrics.text())?.[1] ?? 0);
    await until("all were let in", async () => (await connects()) > 1_000, { within: 60_000 });
    // One buffer for all: a buffer each would be ten gigabytes.
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    const began = performance.now();
    server.change({ flag: plainFlag("pushed") });
    await reader.next("data-sync", 1);
    expect(performance.now() - began).toBeLessThan(2_000);
    await until("they are let go", () => status().connections === 1, { within: 60_000 });
    expect(reader.closed).toBeUndefined();
  });
});

describe("a crowd that comes back at once", () => {
  it("is brought up to date from where each was", { timeout: 60_000 }, async () => {
    const { url, server } = await followingRelay(tidy);
    const flag = plainFlag("meanwhile");
    server.change({ flag });
    const storm = Array.from({ length: 1_000 }, async () => {
      const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
      return sdk.sync(1_772_787_600_046);
    });
    const answers = await Promise.all(storm);
    for (const { data } of answers) {
      expect(data.eventType).toBe("patch");
      expect(data.featureFlags.map(({ key }) => key)).toEqual(["meanwhile"]);
    }
  });
});

describe("a half-open connection", () => {
  function lineOf(pulse: Pulse) {
    const line = {
      heard: performance.now(),
      turn: 0,
      pings: 0,
      ended: false,
      ping: () => void line.pings++,
      terminate: () => {
        line.ended = true;
        pulse.remove(line as unknown as WebSocketLine);
      },
    };
    pulse.add(line as unknown as WebSocketLine);
    return line;
  }

  it("is noticed by its silence, by one timer for all", async () => {
    const pulse = new Pulse({ every: 20, patience: 60 });
    const line = lineOf(pulse);
    await until("it is given up", () => line.ended);
    expect(line.pings).toBeGreaterThan(0);
  });

  it("is looked for in turns, each once in a pause, so that thousands of pings keep no change waiting", () => {
    vi.useFakeTimers();
    const pulse = new Pulse({ every: 30_000, patience: 90_000 });
    const lines = Array.from({ length: 300 }, () => lineOf(pulse));
    for (let second = 1; second <= 30; second++) {
      vi.advanceTimersByTime(1_000);
      expect(lines.filter(({ pings }) => pings === 1)).toHaveLength(second * 10);
    }
    for (const line of lines) line.terminate();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
