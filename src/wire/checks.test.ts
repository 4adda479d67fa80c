import { readFile, utimes, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { freePort, serve } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { until } from "../../test/tools/until.ts";
import {
  commandCheck,
  commandNumber,
  fileCheck,
  httpCheck,
  httpNumber,
  runCommand,
  tcpCheck,
} from "./checks.ts";

const tidy = new Tidy();
const forever = new AbortController().signal;

/** A signal that rings by itself, and when it did. */
function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}

/** An HTTP server. @returns its URL */
async function web(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  const port = await serve(tidy, (socket) => server.emit("connection", socket));
  return `http://127.0.0.1:${port}`;
}

describe("a look at a URL", () => {
  test.each([200, 204, 302, 304])("is good at %i", async (status) => {
    const url = await web((_, response) =>
      response.writeHead(status, { location: "http://192.0.2.1/" }).end(),
    );
    await expect(httpCheck(url, 1_000)(forever)).resolves.toBeUndefined();
  });

  test.each([404, 500, 503])("is bad at %i, and says so", async (status) => {
    const url = await web((_, response) => response.writeHead(status).end());
    await expect(httpCheck(url, 1_000)(forever)).rejects.toThrow(`answered ${status}`);
  });

  test("is bad where nobody answers, and hides the password", async () => {
    const url = `http://me:secret@127.0.0.1:${await freePort()}/`;
    const error = await httpCheck(url, 1_000)(forever).catch((each: Error) => each);
    expect(String(error)).toContain("ECONNREFUSED");
    expect(String(error)).not.toContain("secret");
  });

  test("makes a new connection each time", async () => {
    const ports = new Set<number | undefined>();
    const url = await web(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end();
    });
    const look = httpCheck(url, 1_000);
    await look(forever);
    await look(forever);
    expect(ports.size).toBe(2);
  });

  test("takes the number that a body begins with", async () => {
    const url = await web((_, response) => response.end("12.5 sessions\n"));
    expect(await httpNumber(url, 1_000, forever)).toBe(12.5);
    const words = await web((_, response) => response.end("many"));
    await expect(httpNumber(words, 1_000, forever)).rejects.toThrow("gave no number");
  });
});

describe("a look at an address", () => {
  test("is good where somebody listens", async () => {
    const port = await serve(tidy, () => {});
    await expect(tcpCheck(`127.0.0.1:${port}`)(forever)).resolves.toBeUndefined();
  });

  test("is bad where nobody does, or nobody answers in time", async () => {
    const port = await freePort();
    await expect(tcpCheck(`127.0.0.1:${port}`)(forever)).rejects.toThrow(`127.0.0.1:${port}: ECONNREFUSED`);
    await expect(tcpCheck("192.0.2.1:80")(within(50))).rejects.toThrow();
  });
});

describe("a look by command", () => {
  test("is good where it ends with 0, else the last line is the reason", async () => {
    await expect(commandCheck(["true"])(forever)).resolves.toBeUndefined();
    const failing = commandCheck(["sh", "-c", "echo one; echo two; exit 3"]);
    await expect(failing(forever)).rejects.toThrow(/^two$/);
    await expect(commandCheck(["false"])(forever)).rejects.toThrow("false ended with 1");
    await expect(commandCheck(["/no/such/program"])(forever)).rejects.toThrow("ENOENT");
  });

  test("takes the number that is printed", async () => {
    expect(await commandNumber(["echo", "0.25"], forever)).toBe(0.25);
    await expect(commandNumber(["echo", "much"], forever)).rejects.toThrow("echo gave no number");
  });

  test("ends in time, and with it all that it started", async () => {
    const pidFile = join(await folder(tidy), "pid");
    const script = 'sleep 60 & echo $! > "$0"; wait';
    const began = performance.now();
    await expect(runCommand(["sh", "-c", script, pidFile], within(300))).rejects.toThrow(
      "did not end in time",
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    const pid = Number(await until("its child is known", () => readPid(pidFile)));
    await until("its child is gone", () => isGone(pid));
  });

  test("is not begun to any effect when time is already up", async () => {
    const over = AbortSignal.abort();
    await expect(runCommand(["sleep", "60"], over)).rejects.toThrow("did not end in time");
  });
});

describe("a look at a file", () => {
  test("is good while it exists, and young enough where that matters", async () => {
    const path = join(await folder(tidy), "alive");
    await expect(fileCheck(path)(forever)).rejects.toThrow("is missing");
    await writeFile(path, "");
    await expect(fileCheck(path, 60_000)(forever)).resolves.toBeUndefined();
    await utimes(path, 0, 0);
    await expect(fileCheck(path)(forever)).resolves.toBeUndefined();
    await expect(fileCheck(path, 60_000)(forever)).rejects.toThrow("is too old");
  });
});

async function readPid(path: string): Promise<string | undefined> {
  return (await readFile(path, "utf8")).trim() || undefined;
}

/** Gone, or dead and not fetched yet by the one who should. */
async function isGone(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return (await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z ");
}
