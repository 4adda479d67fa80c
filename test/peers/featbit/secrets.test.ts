import { expect, it } from "vitest";
import { makeToken } from "../../../src/agents/flags/token.ts";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { fixture, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { followingRelay } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

it("a whole life with all sorts of trouble shows no secret, token or key in logs, metrics or what is told", async () => {
  const events = await StandInFeatbit.start(tidy);
  const to = { featbit: { url: events.url.replace("ws", "http") } };
  const relay = await followingRelay(tidy, {
    insights: { to, anonymise: { user: "hmac", salt: "canary-salt" }, batch: { window: "20ms" } },
    chain: { keys: ["canary-chain"] },
  });
  const { url, server, lines, outrider, status, admin } = relay;
  const token = makeToken(secrets.prod.server);
  const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server, token });
  await sdk.sync(0);
  const client = await SdkClient.open(tidy, url, { secret: secrets.prod.client, type: "client" });
  await client.sync(0, { keyId: "ada" });
  client.say("data-sync", { timestamp: 0, user: {} });
  await SdkClient.open(tidy, url, { secret: secrets.prod.server, type: "client" });
  for (const path of ["/api/public/sdk/server/latest-all", "/api/public/proxy/status", "/nowhere"])
    for (const authorization of [secrets.prod.server, "canary-admin", "wrong"])
      await fetch(url + path, { headers: { authorization } });
  events.state.statuses.insights = 401;
  await fetch(`${url}/api/public/insight/track`, {
    method: "POST",
    headers: { authorization: secrets.prod.client },
    body: JSON.stringify(fixture("insights")),
  });
  await until("the event server refused", () => events.requests.length > 0);
  server.say("nonsense");
  server.say({ eventType: "rp_full", items: [{}] });
  server.change({ flag: plainFlag("x") });
  server.state.closes = 4003;
  server.close(1011);
  await until("it was refused", () => status().syncState === "Stopped");
  const shown = [
    JSON.stringify(lines),
    await outrider.metrics.text(),
    JSON.stringify(status()),
    JSON.stringify(outrider.status("flags")),
    await (await admin("status")).text(),
    await (await admin("environments")).text(),
  ].join("\n");
  const canaries = [
    server.key,
    token,
    "canary",
    ...Object.values(secrets.prod),
    ...Object.values(secrets.dev),
  ];
  for (const canary of canaries) expect(shown).not.toContain(canary);
  expect(lines.length).toBeGreaterThan(3);
});
