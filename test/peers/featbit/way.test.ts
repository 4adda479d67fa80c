import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { makeCertificates } from "../../tools/certificates.ts";
import { StandInFeatbit } from "../../tools/featbit.ts";
import { fixture, plainFlag, secrets } from "../../tools/featbit-data.ts";
import { describeWith } from "../../tools/needs.ts";
import { proxyServer } from "../../tools/proxy.ts";
import { relayOf } from "../../tools/relay.ts";
import { SdkClient } from "../../tools/sdk-client.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

const tidy = new Tidy();

/** A server that shows a certificate of an authority of our own, and wants to see one of ours. */
async function secure() {
  const files = await makeCertificates(tidy);
  const [ca, cert, key] = [files.ca, files.server.cert, files.server.key].map((file) => readFileSync(file));
  const tls = { ca, cert, key, requestCert: true, rejectUnauthorized: true };
  const server = await StandInFeatbit.start(tidy, { tls });
  return { server, tls: { ca: files.ca, ...files.client }, files };
}

const insight = { method: "POST", headers: { authorization: secrets.prod.client } };

describeWith("openssl")("the server and the event server, over TLS", () => {
  it.each([false, true])(
    "of an authority of our own, with our certificate (by a proxy: %s)",
    async (proxied) => {
      const { server, tls } = await secure();
      const proxy = await proxyServer(tidy);
      const way = { tls, ...(proxied && { proxy: proxy.url }) };
      const http = server.url.replace("wss", "https");
      const { url, status } = await relayOf(tidy, {
        from: { featbit: { url: server.url, key: server.key, agent: "a", ...way } },
        insights: { to: { featbit: { url: http, ...way } }, batch: { window: "20ms" } },
      });
      await until("it follows", () => status().syncState === "Stable");
      const sdk = await SdkClient.open(tidy, url, { secret: secrets.prod.server });
      expect(await sdk.sync(0)).toEqual(fixture("server-data-sync-full"));
      server.change({ flag: plainFlag("live") });
      await sdk.next("data-sync", 1);
      await fetch(`${url}/api/public/insight/track`, {
        ...insight,
        body: JSON.stringify(fixture("insights")),
      });
      await until("insights arrive", () => server.requests.some(({ path }) => path.includes("insight")));
      const tunnels = proxy.asked.filter((each) => each === `CONNECT localhost:${server.port}`);
      // Registration, stream, event server.
      expect(tunnels.length).toBe(proxied ? 3 : 0);
      expect(new Set(proxy.told)).toEqual(
        new Set(proxied ? [`Basic ${Buffer.from("user:pass").toString("base64")}`] : []),
      );
    },
  );

  it("are not trusted without that authority, and a certificate that is missing is said", async () => {
    const { server, tls, files } = await secure();
    const link = { url: server.url, key: server.key, agent: "a" };
    const stranger = await relayOf(tidy, { from: { featbit: { ...link, tls: { ...files.client } } } });
    await until("it is said", () =>
      /UNABLE|SELF_SIGNED|unable|self.signed/.test(stranger.status().lastError ?? ""),
    );
    expect(server.opened).toBe(0);
    rmSync(files.client.key);
    const poor = await relayOf(tidy, { from: { featbit: { ...link, tls } } });
    await until("it is said", () => /cannot read /.test(poor.status().lastError ?? ""));
  });
});

it("a proxy that does not let us through is said, without its password", async () => {
  const server = await StandInFeatbit.start(tidy);
  const closed = createServer();
  closed.on("connect", (_, socket) => void socket.end("HTTP/1.1 407 No\r\n\r\n"));
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  tidy.later(() => void closed.close());
  const { port } = closed.address() as { port: number };
  const { status } = await relayOf(tidy, {
    from: {
      featbit: {
        url: server.url,
        key: server.key,
        agent: "a",
        proxy: `http://user:canary@127.0.0.1:${port}`,
      },
    },
  });
  await until("it is said", () => status().lastError === `the proxy 127.0.0.1:${port} answered 407`);
  expect(JSON.stringify(status())).not.toContain("canary");
});
