import { once } from "node:events";
import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { freePort } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { openAdmin } from "./door.ts";

const tidy = new Tidy();

const one = "agents:\n  a: { kind: parrot }";

describe("the admin door", () => {
  it.each([
    ["without a body and without its length, as curl sends it", "\r\n", "HTTP/1.1 200"],
    ["with a body in pieces", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 200"],
  ])("takes a POST %s", async (_what, rest, status) => {
    const port = await freePort();
    const { outrider } = await outriderOf(tidy, `admin: { listen: "127.0.0.1:${port}" }\n${one}`);
    await outrider.start();
    await openAdmin(outrider);
    const socket = createConnection(port, "127.0.0.1").setEncoding("utf8");
    tidy.later(() => void socket.destroy());
    socket.write(`POST /api/reload HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect((await once(socket, "data"))[0]).toContain(status);
  });

  it("is not opened where the configuration says so, and is a problem where it is taken", async () => {
    const off = await outriderOf(tidy, "admin: false\nagents: {}");
    await off.outrider.start();
    expect(await openAdmin(off.outrider)).toBeUndefined();
    const port = await freePort();
    const text = `admin: { listen: "127.0.0.1:${port}" }\nagents: {}`;
    const [first, second] = [await outriderOf(tidy, text), await outriderOf(tidy, text)];
    await first.outrider.start();
    await openAdmin(first.outrider);
    await second.outrider.start();
    await expect(openAdmin(second.outrider)).rejects.toMatchObject({ code: "door_taken" });
  });
});
