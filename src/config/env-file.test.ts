import { describe, expect, it } from "vitest";
import { parseEnvFile } from "./env-file.ts";

const read = (text: string) => parseEnvFile(text, "a.env");

describe("a file of variables", () => {
  it.each([
    ["A=1", { A: "1" }],
    ["A=1\nB=two words  \n\n# C=3\n  D = 4", { A: "1", B: "two words", D: "4" }],
    ["export A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["A=\nB=", { A: "", B: "" }],
    ["A='it is'\nB=\"it's\" # why\nC=3", { A: "it is", B: "it's", C: "3" }],
    [`A='[{\n  "b": "c"\n}]'\nB=2`, { A: '[{\n  "b": "c"\n}]', B: "2" }],
    ['A="\\"q\\" \\$HOME \\\\ \\n"', { A: '"q" $HOME \\ \\n' }],
    ["A='$HOME \\n'", { A: "$HOME \\n" }],
    ['A={"b":"c"}', { A: '{"b":"c"}' }],
    [
      "Streaming__Token=x\nStreaming:Url=http://h#frag",
      { Streaming__Token: "x", "Streaming:Url": "http://h#frag" },
    ],
    ["\ufeffA=1", { A: "1" }],
    ["A=1\nA=2", { A: "2" }],
    ["", {}],
  ])("%j", (text, env) => expect(read(text).env).toEqual(env));

  it("says where it is wrong", () => {
    expect(read("A=1\nnonsense\n=3").mistakes).toEqual([
      { at: "a.env:2:1", message: "expected NAME=value" },
      { at: "a.env:3:1", message: "expected NAME=value" },
    ]);
    expect(read("A=1\nB='open\nC=2").mistakes).toEqual([
      { at: "a.env:2:1", message: "the quote of B is not closed" },
    ]);
  });
});
