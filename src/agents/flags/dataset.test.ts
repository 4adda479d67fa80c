import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply, type News } from "./dataset.ts";
import type { DataSet, Environment, Flag } from "./model.ts";
import { empty } from "./model.ts";
import { versionOf } from "./version.ts";

const ENV = "5d1c0f6e-8b7a-4c3d-9e2f-1a2b3c4d5e6f";
const OTHER = "a7e4b2c9-13f5-4d86-b0ac-9f8e7d6c5b4a";

function flag(id: string, second: number, name = "", envId = ENV): Flag {
  return { id, envId, key: id, name, updatedAt: new Date(second * 1_000).toISOString() };
}

function environment(featureFlags: readonly Flag[], envId = ENV): Environment {
  return { envId, secrets: [], featureFlags, segments: [] };
}

function news(kind: News["kind"], ...environments: Environment[]): News {
  return { kind, environments };
}

const held: DataSet = { environments: [environment([flag("a", 5), flag("b", 5)])] };
const ids = (data: DataSet) => data.environments[0]?.featureFlags.map(({ id }) => id);

describe("news", () => {
  it("that says what is known changes nothing at all", () => {
    for (const kind of ["full", "replacement", "patch", "contents"] as const) {
      const applied = apply(held, news(kind, environment([flag("a", 5), flag("b", 5)])));
      expect(applied.data).toBe(held);
      expect(applied.touched).toEqual([]);
    }
  });

  it("in full takes away what is not in it, and leaves the rest the same objects", () => {
    const { data, touched } = apply(held, news("full", environment([flag("b", 5), flag("c", 6)])));
    expect(ids(data)).toEqual(["b", "c"]);
    expect(touched).toEqual([ENV]);
    expect(data.environments[0]!.featureFlags[0]).toBe(held.environments[0]!.featureFlags[1]);
  });

  it("in full takes away environments, and secrets that were revoked", () => {
    const secret = { type: "server", projectKey: "p", envId: ENV, envKey: "e", value: "s" } as const;
    const before = { environments: [{ ...environment([]), secrets: [secret] }, environment([], OTHER)] };
    const { data, touched } = apply(before, news("full", environment([])));
    expect(data.environments).toEqual([environment([])]);
    expect(touched).toEqual([ENV, OTHER]);
  });

  it("of the same version counts if it differs; older news does not", () => {
    const same = apply(held, news("patch", environment([flag("a", 5, "renamed")])));
    expect(same.data.environments[0]!.featureFlags[0]!["name"]).toBe("renamed");
    expect(apply(held, news("patch", environment([flag("a", 4, "old")]))).data).toBe(held);
    expect(apply(held, news("full", environment([flag("a", 4, "old"), flag("b", 5)]))).data).toBe(held);
  });

  it("by somebody's express wish may be older", () => {
    const { data } = apply(held, news("replacement", environment([flag("a", 4)])));
    expect(data.environments[0]!.featureFlags.map(versionOf)).toEqual([4_000]);
  });

  it("of an unknown environment is not taken from a patch, but named", () => {
    const { data, unknown } = apply(held, news("patch", environment([], OTHER)));
    expect(data).toBe(held);
    expect(unknown).toEqual([OTHER]);
  });

  it("that is repeated, reordered or stale never makes a flag older", () => {
    const patches = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 9 })));
    fc.assert(
      fc.property(patches, (list) => {
        let data = apply(empty, news("full", environment([]))).data;
        for (const [id, second] of list) {
          const before = new Map(
            data.environments[0]!.featureFlags.map((each) => [each.id, versionOf(each)]),
          );
          data = apply(data, news("patch", environment([flag(id, second)]))).data;
          for (const each of data.environments[0]!.featureFlags)
            expect(versionOf(each)).toBeGreaterThanOrEqual(before.get(each.id) ?? 0);
        }
        for (const id of new Set(list.map(([each]) => each))) {
          const newest = Math.max(...list.filter(([each]) => each === id).map(([, second]) => second));
          const found = data.environments[0]!.featureFlags.find((each) => each.id === id)!;
          expect(versionOf(found)).toBe(newest * 1_000);
        }
      }),
    );
  });
});
