import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redirects } from "../../../src/agents/redirects/index.ts";
import { embed } from "../../../src/runtime/embed.ts";
import { StandInManager } from "../../tools/manager.ts";
import { freePort } from "../../tools/ports.ts";
import { ask, type RawResponse } from "../../tools/raw-http.ts";
import { vectors } from "../../tools/vectors.ts";

interface HttpVector {
  readonly id: string;
  readonly title: string;
  readonly request: string;
  readonly redirects: readonly object[];
  readonly pages: readonly object[];
  readonly debug: boolean;
  readonly host_configs_only: readonly string[] | null;
  readonly expect: {
    readonly next?: boolean;
    readonly status?: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly content_length?: number;
    readonly chunked?: boolean;
  };
}

const COMPARED = [
  "content-type",
  "location",
  "x-middleware-flecto-url",
  "x-middleware-flecto-version",
  "x-middleware-flecto-redirect",
];

/**
 * Answered by Go's own server before the peer's middleware has its turn. The set that is shipped leaves them out; fuller
 * ones, which `OUTRIDER_VECTORS` may name, have them.
 */
const ANSWERED_BY_GO = ["H39", "H42"];

describe("answers over HTTP are the peer's, byte for byte", () => {
  const { vectors: recorded } = vectors<{ vectors: HttpVector[] }>("flecto-http.json");
  let next: Server;

  beforeAll(async () => {
    next = createServer((_, response) => response.writeHead(299).end("next"));
    await new Promise<void>((resolve) => next.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void next.close());

  it.each(recorded.map((vector) => [vector.id, vector.title, vector] as const))(
    "%s %s",
    async (id, _title, vector) => {
      const manager = await StandInManager.start({
        version: "7\n",
        redirects: vector.redirects,
        pages: vector.pages,
      });
      const port = await freePort();
      const flecto = {
        url: manager.url,
        namespace: "ns",
        project: "prj",
        token: "flecto_abc",
        agent: "edge-1",
      };
      const shop = await embed(redirects, {
        listen: `127.0.0.1:${port}`,
        upstream: `http://127.0.0.1:${(next.address() as AddressInfo).port}`,
        debug: vector.debug,
        ...(vector.host_configs_only
          ? { projects: [{ hosts: [...vector.host_configs_only], from: { flecto } }] }
          : { from: { flecto } }),
      });
      try {
        const response = await ask(port, Buffer.from(vector.request).toString("latin1"));
        if (ANSWERED_BY_GO.includes(id)) expect([200, 400]).toContain(response.status);
        else compare(response, vector.expect);
      } finally {
        await shop.close();
        await manager.stop();
      }
    },
  );
});

function compare(response: RawResponse, expected: HttpVector["expect"]): void {
  const headers = Object.fromEntries(
    COMPARED.flatMap((name) =>
      response.headers[name] === undefined ? [] : [[name, response.headers[name]]],
    ),
  );
  expect(response.status === 299).toBe(expected.next ?? false);
  expect(headers).toEqual(
    Object.fromEntries(Object.entries(expected.headers).filter(([name]) => COMPARED.includes(name))),
  );
  if (expected.next) return;
  expect(response.status).toBe(expected.status);
  expect(Buffer.from(response.body, "latin1").toString("utf8")).toBe(expected.body);
  // Ours says the length where the peer's server sends chunks.
  if (!expected.chunked && expected.content_length !== undefined && expected.content_length >= 0) {
    expect(response.headers["content-length"]).toBe(String(expected.content_length));
  }
}
