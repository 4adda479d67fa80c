import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { makeToken } from "../../../src/agents/flags/token.ts";
import { PROD, secrets } from "../../tools/featbit-data.ts";
import { followingRelay } from "../../tools/relay.ts";
import { Tidy } from "../../tools/tidy.ts";

const tidy = new Tidy();

describe("client secrets of some origins", () => {
  const origins = ["https://shop.example"];
  const ways = {
    polling: (url: string, headers: object) =>
      fetch(`${url}/api/public/sdk/client/latest-all`, {
        method: "POST",
        headers: { authorization: secrets.prod.client, "content-type": "application/json", ...headers },
        body: '{"keyId":"ada"}',
      }),
    OpenFeature: (url: string, headers: object) =>
      fetch(`${url}/ofrep/v1/evaluate/flags`, {
        method: "POST",
        headers: { "x-api-key": secrets.prod.client, ...headers },
        body: '{"context":{"targetingKey":"ada"}}',
      }),
  };

  it.each([
    [{ secret: secrets.prod.client, origins }, "polling"],
    [{ environment: PROD, origins }, "polling"],
    [{ environment: "webshop:prod", origins }, "OpenFeature"],
  ] as const)("are refused to pages of others, and to nobody else (%o, %s)", async (rule, how) => {
    const { url } = await followingRelay(tidy, { cors: { client_secrets: [rule] } });
    const ask = async (headers: object) => (await ways[how](url, headers)).status;
    expect(await ask({ origin: "https://shop.example" })).toBe(200);
    expect(await ask({ origin: "https://thief.example" })).toBe(401);
    expect(await ask({})).toBe(200);
    const answer = async (secret: string, type: string) => {
      const ws = new WebSocket(
        `${url.replace("http", "ws")}/streaming?type=${type}&token=${makeToken(secret)}`,
        {
          headers: { origin: "https://thief.example" },
        },
      );
      tidy.later(() => ws.terminate());
      ws.on("open", () =>
        ws.send('{"messageType":"data-sync","data":{"timestamp":0,"user":{"keyId":"ada"}}}'),
      );
      return Promise.race([
        once(ws, "close").then(([code]) => code as number),
        once(ws, "message").then(() => "served"),
      ]);
    };
    expect(await answer(secrets.prod.client, "client")).toBe(4003);
    // A rule is about the client secrets of its environment alone.
    expect(await answer(secrets.dev.client, "client")).toBe("served");
    expect(await answer(secrets.prod.server, "server")).toBe("served");
  });
});
