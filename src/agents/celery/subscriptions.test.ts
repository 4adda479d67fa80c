import { describe, expect, it } from "vitest";
import { ConfigProblem } from "../../core/problems.ts";
import { leek as adapter } from "./adapt.ts";
import { readSubscriptions } from "./subscription.ts";

const good = {
  broker: "amqp://mon:canary@rabbit:5672//",
  broker_management_url: "http://rabbit:15672",
  backend: null,
  exchange: "celeryev",
  queue: "leek.fanout",
  routing_key: "#",
  org_name: "mono",
  app_name: "shop",
  app_env: "prod",
};

describe("subscriptions of the Leek agent", () => {
  it("names every mistake of every subscription, with its place", () => {
    const list = [
      { ...good, prefetch_count: 10, batch_max_window_in_seconds: "x", app_name: "Shop" },
      good,
      good,
      { app_name: "a" },
      7,
    ];
    const { mistakes, good: kept } = readSubscriptions(list, "the list");
    expect(kept).toEqual([good]);
    expect(mistakes.map(({ message }) => message)).toEqual([
      "subscription 0 (Shop-prod): app_name: has to consist of small letters a to z alone",
      "subscription 0 (Shop-prod): prefetch_count: is 10, write 1000 to 10000",
      "subscription 0 (Shop-prod): batch_max_window_in_seconds: has to be a whole number from 5 to 20",
      "subscription 2 (shop-prod): has the same app_name and app_env as subscription 1",
      ...["broker", "broker_management_url", "exchange", "queue", "routing_key", "org_name", "app_env"].map(
        (field) => `subscription 3 (a-undefined): ${field}: is missing`,
      ),
      "subscription 4: has to be an object",
    ]);
  });

  it("takes a variable over: defaults, local mode, switched-off authentication", () => {
    const env = {
      LEEK_AGENT_SUBSCRIPTIONS: JSON.stringify([
        { ...good, org_name: "example.com", prefetch_count: "2000" },
      ]),
      LEEK_ENABLE_API: "true",
      LEEK_ENABLE_AGENT: "True",
      LEEK_AGENT_API_SECRET: "s",
      LEEK_API_ENABLE_AUTH: "false",
    };
    expect(adapter.adapt({ env }).agents).toEqual({
      leek: {
        kind: "celery",
        subscriptions: {
          org: "mono",
          key: "s",
          api: "http://0.0.0.0:5000",
          fixed: {
            "shop-prod": {
              from: {
                amqp: {
                  url: ["amqp://mon:canary@rabbit:5672//"],
                  exchange: "celeryev",
                  queue: "leek.fanout",
                  routing_key: "#",
                  prefetch: 2_000,
                },
              },
              to: { leek: { url: "http://0.0.0.0:5000", org: "mono", app: "shop", env: "prod", key: "s" } },
              batch: { items: 2_000, size: "1MiB", window: "5s" },
              workers: 1,
            },
          },
        },
      },
    });
  });

  it("reads the peer's file where the variable is empty, and refuses what is no list", () => {
    const { agents } = adapter.adapt({ env: { LEEK_ENABLE_AGENT: "true", LEEK_AGENT_SUBSCRIPTIONS: "" } });
    expect(agents).toMatchObject({ leek: { subscriptions: { file: "/opt/app/conf/subscriptions.json" } } });
    for (const text of ["{", "{}", "7"]) {
      expect(() => adapter.adapt({ env: { LEEK_AGENT_SUBSCRIPTIONS: text } })).toThrow(ConfigProblem);
    }
    const bad = JSON.stringify([good, { ...good, app_env: "QA" }]);
    const { notes } = adapter.adapt({ env: { LEEK_AGENT_SUBSCRIPTIONS: bad } });
    expect(notes).toEqual([
      {
        at: "LEEK_AGENT_SUBSCRIPTIONS",
        message: "left out: subscription 1 (shop-QA): app_env: has to consist of small letters a to z alone",
      },
    ]);
    const strict = { LEEK_AGENT_SUBSCRIPTIONS: bad, LEEK_AGENT_STRICT: "true" };
    expect(() => adapter.adapt({ env: strict })).toThrow(/app_env/);
  });
});
