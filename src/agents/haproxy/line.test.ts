import { describe, expect, test } from "vitest";
import { cleanReason, completeLine, hapgentLine } from "./line.ts";
import { type State, words } from "./state.ts";
import { understand } from "./understand.ts";

describe("hapgent's answer", () => {
  test.each<[State, string]>([
    [{ status: "UP" }, "UP\n"],
    [{ status: "DOWN", maxconn: 10 }, "DOWN maxconn:10\n"],
    [{ status: "READY", weight: 100 }, "READY 100%\n"],
    [{ status: "DRAIN", weight: 50 }, "DRAIN 50%\n"],
    [{ status: "UP", weight: 77, maxconn: 300 }, "UP 77% maxconn:300\n"],
    [{ status: "FAIL" }, "FAIL\n"],
    [{ status: "MAINT" }, "MAINT\n"],
    [{ status: "STOPPED" }, "STOPPED\n"],
    [{ status: "UP", weight: 0, maxconn: 0 }, "UP 0% maxconn:0\n"],
    [{ status: "STOPPED", weight: 255, maxconn: 65_535 }, "STOPPED 255% maxconn:65535\n"],
    [{ status: "DOWN", reason: "never said" }, "DOWN\n"],
  ])("%o is %j", (state, line) => {
    expect(hapgentLine(state)).toBe(line);
  });
});

describe("the complete answer", () => {
  const say = (state: State, ready = false, maxconn?: number) => completeLine(state, { ready, maxconn });

  test.each<[State, string]>([
    [{ status: "UP" }, "up 100%\n"],
    [{ status: "READY", weight: 40 }, "up 40%\n"],
    [{ status: "DOWN" }, "down 100%\n"],
    [{ status: "FAIL", maxconn: 9 }, "fail 100% maxconn:9\n"],
    [{ status: "STOPPED" }, "stopped 100%\n"],
    [{ status: "DRAIN", weight: 0 }, "up drain 0%\n"],
    [{ status: "MAINT" }, "up maint 100%\n"],
  ])("%o is %j", (state, line) => {
    expect(say(state)).toBe(line);
  });

  test("says `ready` only where it may, and never against its own drain or maintenance", () => {
    expect(say({ status: "UP" }, true)).toBe("up ready 100%\n");
    expect(say({ status: "DOWN" }, true)).toBe("down ready 100%\n");
    expect(say({ status: "MAINT" }, true)).toBe("up maint 100%\n");
  });

  test("goes back to the configured maxconn when none is stated", () => {
    expect(say({ status: "UP" }, false, 50)).toBe("up 100% maxconn:50\n");
    expect(say({ status: "UP", maxconn: 0 }, false, 50)).toBe("up 100% maxconn:0\n");
  });

  test.each(words)("HAProxy finds health, admin state and weight in every %s", (status) => {
    const understood = understand(say({ status, reason: "# a, b\r\n\u0000 100%" }, true));
    expect(understood).toMatchObject({
      health: expect.any(String),
      admin: expect.any(String),
      weight: "100%",
      description: "# a, b 100%",
    });
    expect(understood?.unknown).toBeUndefined();
  });
});

describe("a reason", () => {
  test("is one line without control characters", () => {
    expect(cleanReason(" disk\r\nfull\u0000\u001b[31m\u007f ")).toBe("disk full [31m");
  });

  test("is cut between characters, so that HAProxy's 127 bytes hold it", () => {
    const cut = cleanReason("ü".repeat(200));
    expect(cut).toBe("ü".repeat(50));
    expect(cleanReason(`a${"ü".repeat(200)}`)).toBe(`a${"ü".repeat(49)}`);
  });
});
