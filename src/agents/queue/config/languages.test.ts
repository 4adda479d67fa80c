import { describe, expect, it } from "vitest";
import { config } from "./agent.ts";

const whole = { from: { file: { path: "f" } }, to: [{ http: { url: "http://a" }, cel: ["resp_data."] }] };
const broken = { ...whole, filter: "event.body.x ==", transform: "{ 'a': ", schema: { type: 7 }, cel: ["1"] };

function places(given: object): string[] {
  return config.safeParse(given).error?.issues.map(({ path }) => path.join(".")) ?? [];
}

describe("texts in other languages", () => {
  it("that do not compile are mistakes, each with its place", () => {
    expect(places(broken)).toEqual(["filter", "transform", "schema", "cel.0", "to.0.cel.0"]);
  });

  it("are left out in profile krakend where the peer leaves them out", () => {
    expect(places({ ...broken, profile: "krakend" })).toEqual(["filter", "transform"]);
  });
});
