import { createSocket } from "node:dgram";
import dns from "node:dns";
import { afterEach, describe, expect, it } from "vitest";
import { Tidy } from "../../test/tools/tidy.ts";
import { srvRecords } from "./dns.ts";

const tidy = new Tidy();
const servers = dns.getServers();
afterEach(() => dns.setServers(servers));

const name = (text: string) =>
  Buffer.concat([...text.split("."), ""].map((label) => Buffer.from([label.length, ...Buffer.from(label)])));

/** An answer to a query: one record, or, without it, that the name does not exist. Source: RFC 1035, RFC 2782. */
function answered(query: Buffer, record: Buffer | undefined): Buffer {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(record ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(record ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const end = query.indexOf(0, 12) + 5;
  const question = query.subarray(12, end);
  if (!record) return Buffer.concat([head, question]);
  const fields = Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 1, 0, record.length]);
  return Buffer.concat([head, question, fields, record]);
}

async function serveDns(record: Buffer | undefined): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port }) => socket.send(answered(query, record), port, "127.0.0.1"));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  tidy.later(() => void socket.close());
  dns.setServers([`127.0.0.1:${socket.address().port}`]);
}

describe("srvRecords", () => {
  const { signal } = new AbortController();

  it("reads what a server says", async () => {
    await serveDns(Buffer.concat([Buffer.from([0, 1, 0, 2, 0x1f, 0x90]), name("a.test")]));
    expect(await srvRecords("_http._tcp.x.test", signal)).toMatchObject([
      { name: "a.test", port: 8080, priority: 1, weight: 2 },
    ]);
  });

  it("says that there are none", async () => {
    await serveDns(undefined);
    await expect(srvRecords("_http._tcp.x.test", signal)).rejects.toMatchObject({
      code: "connect_failed",
      message: "no SRV records of _http._tcp.x.test: ENOTFOUND",
    });
  });
});
