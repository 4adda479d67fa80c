import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { type Certificates, makePems } from "../../test/tools/certificates.ts";
import { describeWith } from "../../test/tools/needs.ts";
import { serveHttp } from "../../test/tools/ports.ts";
import { proxyServer } from "../../test/tools/proxy.ts";
import { Tidy } from "../../test/tools/tidy.ts";
import { HttpClient, type HttpClientOptions, type HttpRequest } from "./http-client.ts";
import { proxyFor } from "./proxy-env.ts";
import { requestTarget } from "./request-target.ts";

const tidy = new Tidy();

function client(options: HttpClientOptions) {
  const made = new HttpClient({ timeout: 2_000, ...options });
  tidy.later(() => made.close());
  return async (url: string, more: Partial<HttpRequest> = {}) => {
    const answer = await made.send({ method: "GET", url, signal: new AbortController().signal, ...more });
    return answer.body.toString();
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  tidy.later(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Answers with the name of the client's certificate. */
async function secureServer(pems: Certificates): Promise<string> {
  const options = { ...pems.server, ca: pems.ca, requestCert: true, rejectUnauthorized: true };
  const server = createHttpsServer(options, (request, response) => {
    response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN);
  });
  tidy.later(() => server.closeAllConnections());
  return `https://localhost:${await listening(server)}/`;
}

describeWith("openssl")("TLS", () => {
  it("shows our certificate and checks theirs", async () => {
    const pems = await makePems(tidy);
    const url = await secureServer(pems);
    const tls = { ca: [pems.ca], ...pems.client };
    expect(await client({ tls })(url)).toBe("outrider");
    expect(await client({ tls: { ...pems.client, rejectUnauthorized: false } })(url)).toBe("outrider");
    await expect(client({ tls: pems.client })(url)).rejects.toMatchObject({ code: "connect_failed" });
    await expect(client({ tls: { ...tls, servername: "other" } })(url)).rejects.toThrow(
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    );
    await expect(client({ tls: { ca: [pems.ca] } })(url)).rejects.toMatchObject({ code: "connect_failed" });
  });
});

describeWith("openssl")("a proxy", () => {
  it("opens a tunnel for https, and is told the whole URL of http", async () => {
    const pems = await makePems(tidy);
    const url = await secureServer(pems);
    const { asked, url: proxy } = await proxyServer(tidy);
    const ask = client({ proxy, tls: { ca: [pems.ca], ...pems.client } });
    expect(await ask(url)).toBe("outrider");
    expect(await ask("http://shop.test:81/a?b=c")).toBe("by proxy for shop.test:81");
    const basic = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    expect(asked).toEqual([
      `CONNECT localhost:${new URL(url).port}`,
      `GET http://shop.test:81/a?b=c ${basic}`,
    ]);
  });

  it("may be named by the environment", async () => {
    const direct = await serveHttp(tidy, (_, response) => void response.end("direct"));
    const { url: proxy } = await proxyServer(tidy);
    const ask = client({ proxy: { HTTP_PROXY: proxy, NO_PROXY: "y.test" } });
    expect(await ask("http://x.test/")).toBe("by proxy for x.test");
    expect(await ask(direct)).toBe("direct");
  });
});

describe("proxyFor", () => {
  const env = {
    HTTP_PROXY: "p:1",
    https_proxy: "https://s:2",
    no_proxy: "a.test,.b.test,c.test:8080,10.0.0.0/8",
  };

  it.each([
    ["http://x.test/", "http://p:1"],
    ["https://x.test/", "https://s:2"],
    ["http://localhost:9/", undefined],
    ["http://127.1.2.3/", undefined],
    ["http://[::1]/", undefined],
    ["http://a.test/", undefined],
    ["http://sub.a.test/", undefined],
    ["http://ba.test/", "http://p:1"],
    ["http://b.test/", "http://p:1"],
    ["http://x.b.test/", undefined],
    ["http://c.test/", "http://p:1"],
    ["http://c.test:8080/", undefined],
    ["http://10.1.2.3/", undefined],
    ["http://11.1.2.3/", "http://p:1"],
  ])("%s: %s", (url, proxy) => expect(proxyFor(new URL(url), env)).toBe(proxy));

  it("takes * for every host, and nothing for none", () => {
    expect(proxyFor(new URL("http://x.test"), { ...env, NO_PROXY: "*" })).toBeUndefined();
    expect(proxyFor(new URL("http://x.test"), {})).toBeUndefined();
  });
});

describe("requestTarget", () => {
  it.each([
    ["http://h", "/"],
    ["http://h?a=b", "/?a=b"],
    ["http://h/a/../b//c", "/a/../b//c"],
    ["http://h/{x}", "/%7Bx%7D"],
    ["http://h/%2f%7e!", "/%2f%7e!"],
    ["http://h/%41 !é", "/A%20%21%C3%A9"],
    ["http://h/a?b={c}&d=é", "/a?b={c}&d=%C3%A9"],
    ["http://h/a#b", "/a"],
  ])("%s → %s", (url, target) => expect(requestTarget(url)).toBe(target));

  it("refuses broken escapes", () =>
    expect(() => requestTarget("http://h/%zz")).toThrow("invalid URL escape"));
});
