import { describe, expect, test } from "vitest";
import { parseServersState, parseStats } from "./tables.ts";

describe("the statistics CSV", () => {
  test("has a row for each line, fields by name", () => {
    const rows = parseStats("# pxname,svname,status\nbe,s1,UP\nbe,BACKEND,DOWN\n");
    expect(rows).toEqual([
      { pxname: "be", svname: "s1", status: "UP" },
      { pxname: "be", svname: "BACKEND", status: "DOWN" },
    ]);
  });

  test("quoted fields may hold commas, quotes, line ends, and nothing", () => {
    const [row] = parseStats('# pxname,svname,last_agt,x,y\nbe,s1,"via agent : down (a, ""b""\n)","",z\n');
    expect(row).toEqual({
      pxname: "be",
      svname: "s1",
      last_agt: 'via agent : down (a, "b"\n)',
      x: "",
      y: "z",
    });
  });

  test("empty fields and a comma at the end are fields", () => {
    expect(parseStats("# pxname,svname,\nbe,,\n,s1\n")).toEqual([
      { pxname: "be", svname: "", "": "" },
      { pxname: "", svname: "s1", "": "" },
    ]);
  });

  test.each(["", "<html>", "Unknown command", '{"a":1}'])("%j is none", (text) => {
    expect(() => parseStats(text)).toThrow("no statistics CSV");
  });
});

describe("the state of servers", () => {
  test("has a row for each server", () => {
    const text = "1\n# be_id be_name srv_id srv_name srv_admin_state\n2 be 1 s1 8\n2 be 2 s2 0\n";
    expect(parseServersState(text).map((row) => [row["srv_name"], row["srv_admin_state"]])).toEqual([
      ["s1", "8"],
      ["s2", "0"],
    ]);
  });

  test.each(["", "2\n# be_id", "Can't find backend."])("%j is none", (text) => {
    expect(() => parseServersState(text)).toThrow("no server state");
  });
});
