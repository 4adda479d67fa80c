import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { Tidy } from "../../../test/tools/tidy.ts";

const tidy = new Tidy();

const one = "agents:\n  a: { kind: parrot }";

describe("who may ask", () => {
  it("is whoever has the token, where there is one", async () => {
    const { ask } = await adminOf(tidy, one, { token: "s3cret" });
    const as = async (authorization?: string) =>
      (await ask("/api/agents", authorization === undefined ? {} : { headers: { authorization } })).status;
    expect(await as("Bearer s3cret")).toBe(200);
    // The scheme may be written in any letters (RFC 9110, 11.1), the token may not.
    expect(await as("bearer s3cret")).toBe(200);
    for (const wrong of [
      undefined,
      "",
      "Bearer",
      "Bearer s3cre",
      "Bearer s3cret1",
      "Bearer S3CRET",
      "Basic s3cret",
    ]) {
      expect(await as(wrong)).toBe(401);
    }
    const { headers, json } = await ask("/metrics");
    expect([headers.get("www-authenticate"), json.error.message]).toEqual([
      'Bearer realm="outrider"',
      "a token is needed: Authorization: Bearer TOKEN",
    ]);
    expect((await ask("/nothing/here")).status).toBe(401);
  });

  it("is anybody for the probes", async () => {
    const { ask } = await adminOf(tidy, one, { token: "s3cret" });
    expect([(await ask("/livez")).status, (await ask("/readyz")).status]).toEqual([200, 200]);
  });

  it("may ask from any host name with a token", async () => {
    const { ask } = await adminOf(tidy, one, { token: "s3cret" });
    const headers = {
      authorization: "Bearer s3cret",
      host: "outrider.example",
      origin: "https://other.example",
    };
    expect((await ask("/api/agents", { headers })).status).toBe(200);
  });

  it("is no web page of another origin, and no name that was made to point here", async () => {
    const { ask } = await adminOf(tidy, one);
    const from = async (headers: Record<string, string>) => (await ask("/api/agents", { headers })).status;
    for (const host of ["127.0.0.1:9900", "localhost:9900", "127.3.2.1", "[::1]:9900", "LOCALHOST"]) {
      expect(await from({ host })).toBe(200);
    }
    expect(await from({ host: "localhost:9900", origin: "http://localhost:9900" })).toBe(200);
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example:9900",
      "192.168.0.1",
    ]) {
      expect(await from({ host })).toBe(403);
    }
    for (const origin of ["http://evil.example", "https://localhost:9900", "http://localhost:1", "null"]) {
      expect(await from({ host: "localhost:9900", origin })).toBe(403);
    }
    expect((await ask("/livez", { headers: { host: "evil.example" } })).status).toBe(200);
  });
});
