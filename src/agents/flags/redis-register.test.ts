import { describe, expect, it } from "vitest";
import { serve } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { LinkProblem } from "../../core/problems.ts";
import { RedisRegister } from "./redis-register.ts";

const tidy = new Tidy();

describe("a Redis that takes connections and never answers", () => {
  it.each(["alone", "as a node of a cluster"])("keeps nobody waiting for long (%s)", async (how) => {
    const port = await serve(tidy, () => {});
    const url = `redis://127.0.0.1:${port}`;
    const cluster = how === "alone" ? {} : { cluster: { nodes: [`127.0.0.1:${port}`], key: "{a}" } };
    const register = new RedisRegister({ url, ...cluster }, "{a}:");
    const began = performance.now();
    await expect(register.knows({ key: "k", agent: "a" })).rejects.toBeInstanceOf(LinkProblem);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
