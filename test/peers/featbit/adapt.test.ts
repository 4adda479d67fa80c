import { describe, expect, it } from "vitest";
import { featbit } from "../../../src/agents/flags/adapt.ts";
import { kinds } from "../../../src/agents/kinds.ts";
import { loadConfig } from "../../../src/config/load.ts";

const AUTO = { ApiKey: "rp-key", AgentId: "eu-1", StreamingUri: "wss://els.example.com" };

function agentOf(env: Record<string, string>) {
  const { agents, notes } = featbit.adapt({ env });
  loadConfig([{ file: "adapted", text: JSON.stringify({ agents }) }], kinds, {});
  return { agent: agents["flags"]!, notes };
}

function mistakes(env: Record<string, string>): string[] {
  try {
    featbit.adapt({ env });
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

describe("the FeatBit Agent's variables", () => {
  it("are enough to run, in either spelling and any case", () => {
    const expected = {
      kind: "flags",
      listen: ":6100",
      from: { featbit: { url: "wss://els.example.com", key: "rp-key", agent: "eu-1", resync: "900s" } },
      key: "rp-key",
      insights: {
        to: { featbit: { url: "https://els.example.com" } },
        batch: { items: 500, window: "5s" },
      },
      token_expiry: "10s",
    };
    expect(agentOf({ ...AUTO, Streaming__TokenExpirySeconds: "10" }).agent).toEqual(expected);
    expect(agentOf({ ...AUTO, "Streaming:TokenExpirySeconds": "10" }).agent).toEqual(expected);
    const upper = { APIKEY: "rp-key", AGENTID: "eu-1", STREAMINGURI: "wss://els.example.com/" };
    expect(agentOf({ ...upper, STREAMING__TOKENEXPIRYSECONDS: "10" }).agent).toEqual(expected);
  });

  it("say offline as well: pushed, or from a file", () => {
    const offline = { ApiKey: "rp-key", ASPNETCORE_URLS: "http://127.0.0.1:7000", ForwardEvents: "False" };
    expect(agentOf({ ...offline, Mode: "manual" }).agent).toMatchObject({
      listen: "127.0.0.1:7000",
      from: { push: {} },
    });
    expect(agentOf({ ...offline, Mode: "offline", BootstrapFile: "/data/dump.json" }).agent["from"]).toEqual({
      file: "/data/dump.json",
    });
    expect(agentOf({ ...offline, Mode: "manual" }).agent["insights"]).toBeUndefined();
  });

  it("may name several nodes of a Redis, which are those of a cluster", () => {
    const { agent, notes } = agentOf({
      ...AUTO,
      Store: "redis",
      Redis__ConnectionString: "r-1:6379, r-2:6379,ssl=True,password=canary",
    });
    expect(agent["store"]).toEqual({
      redis: { url: "rediss://r-1:6379", cluster: { nodes: ["r-1:6379", "r-2:6379"] }, password: "canary" },
    });
    expect(notes.map(({ at }) => at)).toContain("Redis__ConnectionString");
  });

  it("and those that we add in its style", () => {
    const { agent } = agentOf({
      ...AUTO,
      AdminApiKey: "admin",
      EventUri: "http://events/",
      Store: "redis",
      Redis__ConnectionString: "redis-1:6379,password=canary",
      Redis__SingleWriter: "true",
      BackupFile: "/data/backup.json",
      Privacy__UserKey: "hmac",
      Privacy__Salt: "salt",
      Privacy__AllowProperties: "plan, country",
      Limits__MaxConnections: "100",
      MaxClientConnectionSeconds: "3600",
      Cors__AllowedOrigins: "https://a.example;https://b.example",
      Cors__AllowCredentials: "true",
      Chain__Keys: "rp-below",
      Readiness__MaxStaleSeconds: "60",
    });
    expect(agent).toMatchObject({
      key: "admin",
      insights: {
        to: { featbit: { url: "http://events" } },
        anonymise: { user: "hmac", salt: "salt", name: "keep", keep: ["plan", "country"] },
      },
      store: { redis: { url: "redis://redis-1:6379", password: "canary", single_writer: true } },
      backup: { path: "/data/backup.json", keep: 3 },
      limits: { connections: 100, age: "3600s" },
      cors: { origins: ["https://a.example", "https://b.example"], credentials: true },
      chain: { keys: ["rp-below"] },
      max_stale: "60s",
    });
  });

  it("are recognised by themselves", () => {
    expect(featbit.detect?.(AUTO)).toBe(true);
    expect(featbit.detect?.({ ApiKey: "k" })).toBe(false);
  });

  it("with mistakes are refused, all at once and by name, and no secret is shown", () => {
    const wrong = {
      Mode: "auto",
      StreamingUri: "els.example.com",
      ForwardEvents: "perhaps",
      Streaming__TokenExpirySeconds: "soon",
      Privacy__UserKey: "hmac",
      EventUri: "http://events",
    };
    expect(mistakes(wrong)).toEqual([
      "ApiKey: is not set",
      "StreamingUri: is no absolute address",
      "AgentId: is not set",
      "ForwardEvents: is neither true nor false",
      "Streaming__TokenExpirySeconds: is no whole number",
    ]);
    expect(mistakes({ ...AUTO, ApiKey: "canary", Mode: "x" }).join()).not.toContain("canary");
  });
});
