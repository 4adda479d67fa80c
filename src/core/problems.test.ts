import { describe, expect, it } from "vitest";
import { codes } from "./codes.ts";
import {
  ConfigProblem,
  DeniedProblem,
  errnoOf,
  isTrouble,
  LinkProblem,
  messageOf,
  PartialProblem,
  RejectedProblem,
} from "./problems.ts";

describe("Problem", () => {
  it("takes its remedy from the table, unless it knows better", () => {
    expect(new LinkProblem("timed_out", "slow").remedy).toBe(codes.timed_out.remedy);
    expect(new LinkProblem("timed_out", "slow", { remedy: "run" }).remedy).toBe("run");
  });

  it("shows what a person needs, and not what caused it", () => {
    const problem = new LinkProblem("timed_out", "slow", { cause: new Error("inner"), retryAfter: 5 });
    expect(JSON.parse(JSON.stringify(problem))).toEqual({
      code: "timed_out",
      message: "slow",
      remedy: codes.timed_out.remedy,
    });
    expect([problem.cause, problem.retryAfter, problem.name]).toEqual([expect.any(Error), 5, "LinkProblem"]);
  });

  it("is trouble that may pass if it is about the link or the credentials", () => {
    const problems = [
      new LinkProblem("timed_out", ""),
      new DeniedProblem("credentials_refused", ""),
      new RejectedProblem("item_refused", ""),
      new ConfigProblem("config_invalid", ""),
      new PartialProblem(new Map()),
      new Error(""),
    ];
    expect(problems.map(isTrouble)).toEqual([true, true, false, false, false, false]);
  });
});

describe("messageOf", () => {
  it("has words for everything that can be thrown", () => {
    const several = new AggregateError([new Error("one"), "two"]);
    const values = [new Error("plain"), new TypeError(""), "text", undefined, several];
    expect(values.map(messageOf)).toEqual(["plain", "TypeError", "text", "undefined", "one; two"]);
  });
});

describe("errnoOf", () => {
  it("finds the system's code where there is one", () => {
    const errors = [Object.assign(new Error(""), { code: "ENOENT" }), new Error(""), { code: "ENOENT" }];
    expect(errors.map(errnoOf)).toEqual(["ENOENT", undefined, undefined]);
  });
});
