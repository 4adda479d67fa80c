import { describe, expect, it } from "vitest";
import { listFlags } from "./list.ts";
import type { DataSet, Flag } from "./model.ts";
import type { Relay } from "./relay.ts";

const flag = (key: string, second: number, more: Partial<Flag> = {}): Flag => ({
  id: key,
  envId: "e",
  key,
  updatedAt: new Date(second * 1_000).toISOString(),
  ...more,
});

function relayOf(...featureFlags: Flag[]): Relay {
  const secret = { type: "server", projectKey: "shop", envId: "e", envKey: "prod", value: "s3cret" } as const;
  const data: DataSet = { environments: [{ envId: "e", secrets: [secret], featureFlags, segments: [] }] };
  return { view: { data } } as unknown as Relay;
}

describe("the list of flags", () => {
  const relay = relayOf(
    flag("old", 1, { name: "Headline" }),
    flag("new", 2, {
      isEnabled: true,
      variationType: "boolean",
      variations: [{ id: "1", value: "true" }],
      targetUsers: [{ variationId: "1", keyIds: ["a", "b"] }],
    }),
  );

  it("begins with what changed last, and tells no secret", () => {
    const { found, flags } = listFlags(relay, { most: 10 });
    expect([found, flags.map(({ key }) => key)]).toEqual([2, ["new", "old"]]);
    expect(flags[0]).toMatchObject({
      environment: "shop:prod",
      type: "boolean",
      enabled: true,
      archived: false,
      variations: ["true"],
      targeted: 2,
    });
    expect(JSON.stringify(flags)).not.toContain("s3cret");
  });

  it("is searched by key and name, and bounded", () => {
    expect(listFlags(relay, { search: "HEAD", most: 10 }).flags.map(({ key }) => key)).toEqual(["old"]);
    const { found, flags } = listFlags(relay, { most: 1 });
    expect([found, flags.length]).toEqual([2, 1]);
  });

  it("is empty before anything has come", () => {
    expect(listFlags({ view: undefined } as unknown as Relay, { most: 5 })).toEqual({ found: 0, flags: [] });
  });
});
