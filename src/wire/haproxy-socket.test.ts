import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "../../test/tools/folder.ts";
import { freePort, serve } from "../../test/tools/ports.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { askHaproxy } from "./haproxy-socket.ts";

const tidy = new Tidy();

test("asks one line and takes all that comes, in pieces, until the other side closes", async () => {
  const port = await serve(tidy, (socket) => {
    socket.once("data", (asked) => {
      socket.write(`\n${asked.toString().toUpperCase()}`);
      setImmediate(() => socket.end("second line\n\n"));
    });
  });
  expect(await askHaproxy(`127.0.0.1:${port}`, "show info")).toBe("SHOW INFO\nsecond line");
});

test("nobody there is a link that is down, wherever that is", async () => {
  const nowhere = join(await folder(tidy), "none.sock");
  await expect(askHaproxy(nowhere, "show info")).rejects.toMatchObject({
    code: "connect_failed",
    message: `cannot ask ${nowhere}: ENOENT`,
  });
  await expect(askHaproxy(`127.0.0.1:${await freePort()}`, "show info")).rejects.toThrow("ECONNREFUSED");
});

test("a socket of too low a level is a matter for a person", async () => {
  const port = await serve(tidy, (socket) => socket.end("Permission denied\n\n"));
  await expect(askHaproxy(`127.0.0.1:${port}`, "show servers state")).rejects.toMatchObject({
    code: "credentials_refused",
    remedy: expect.stringContaining("level operator"),
  });
});

test("one that closes by reset has not answered", async () => {
  const port = await serve(tidy, (socket) => void socket.resetAndDestroy());
  await expect(askHaproxy(`127.0.0.1:${port}`, "show info")).rejects.toThrow("ECONNRESET");
});
