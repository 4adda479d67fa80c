import { beforeEach, describe, expect, test, vi } from "vitest";
import { Lifetime } from "../../core/life.ts";
import { type Ballot, count, type Need, Voter } from "./vote.ts";

const well = async () => {};
const ballot: Ballot = {
  name: "test",
  look: well,
  every: 1_000,
  timeout: 500,
  rise: 2,
  fall: 3,
  weight: 1,
  asks: "down",
};

function voter(good: boolean | undefined, given: Partial<Ballot> = {}): Voter {
  const made = new Voter({ ...ballot, ...given });
  made.good = good;
  made.reason = good === false ? (given.name ?? "bad") : undefined;
  return made;
}

describe("votes together", () => {
  test.each<[Need, string, "up" | "down"]>([
    ["all", "++", "up"],
    ["all", "+-", "down"],
    ["all", "+?", "up"],
    ["majority", "++-", "up"],
    ["majority", "+-", "down"],
    ["majority", "++--", "down"],
    ["majority", "+++++-----", "down"],
    ["majority", "++++++----", "up"],
    [2, "++---", "up"],
    [2, "+----", "down"],
    [2, "?+---", "up"],
  ])("with %s needed, %s is %s", (need, votes, says) => {
    const voters = [...votes].map((vote) => voter({ "+": true, "-": false, "?": undefined }[vote]));
    expect(count(voters, need).says).toBe(says);
  });

  test("no voter is no objection", () => {
    expect(count([], "majority")).toEqual({ says: "up", reason: undefined });
  });

  test("a heavy voter counts for several", () => {
    expect(count([voter(true, { weight: 3 }), voter(false), voter(false)], "majority").says).toBe("up");
  });

  test("the worst that is asked for happens, with its reason", () => {
    const voters = [voter(false, { asks: "drain", name: "slow" }), voter(false, { name: "dead" })];
    expect(count(voters, "all")).toEqual({ says: "down", reason: "dead" });
    expect(count(voters.slice(0, 1), "all")).toEqual({ says: "drain", reason: "slow" });
  });
});

describe("a voter", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  test("looks at once when it is told of a change, and hears no more after its end", async () => {
    let tell: (() => void) | undefined;
    let looks = 0;
    const watch = (changed: () => void) => {
      tell = changed;
      return () => (tell = undefined);
    };
    const look = async () => void looks++;
    const life = new Lifetime();
    const running = new Voter({ ...ballot, look, watch }).run(life, () => {});
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(1);
    tell?.();
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    life.ringStop("stopped");
    await running;
    expect(tell).toBeUndefined();
  });

  /** Looks as told, one look a second, and notes the vote after each. */
  async function after(looks: string): Promise<string> {
    const script = [...looks];
    const look = async () => {
      if (script.shift() === "-") throw new Error("down");
    };
    const made = new Voter({ ...ballot, look });
    const life = new Lifetime();
    const running = made.run(life, () => {});
    let votes = "";
    for (const _ of looks) {
      await vi.advanceTimersByTimeAsync(votes === "" ? 0 : 1_000);
      votes += made.good ? "+" : "-";
    }
    life.ringStop("stopped");
    await running;
    return votes;
  }

  test.each([
    ["+", "+"],
    ["-", "-"],
    ["+--", "+++"],
    ["+---", "+++-"],
    ["+--+---", "++++++-"],
    ["-+", "--"],
    ["-++", "--+"],
  ])("that sees %s votes %s", async (looks, votes) => {
    expect(await after(looks)).toBe(votes);
  });

  test("a look that takes too long is a bad one, and is told to end", async () => {
    let ended: unknown;
    const look = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        signal.onabort = () => {
          ended = signal.reason;
          reject(new Error("too slow"));
        };
      });
    const made = new Voter({ ...ballot, look });
    const life = new Lifetime();
    const running = made.run(life, () => {});
    await vi.advanceTimersByTimeAsync(500);
    expect(made).toMatchObject({ good: false, reason: "too slow" });
    expect(ended).toBeInstanceOf(Error);
    life.ringStop("stopped");
    await running;
  });

  test("a reason does not give a URL's password away", async () => {
    const look = () => Promise.reject(new Error("http://me:secret@127.0.0.1/ answered 500"));
    const made = new Voter({ ...ballot, look });
    const life = new Lifetime();
    const running = made.run(life, () => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(made.reason).toBe("http://me:***@127.0.0.1/ answered 500");
    life.ringStop("stopped");
    await running;
  });

  test("tells when its vote has changed, or its reason, and not otherwise", async () => {
    const reasons = ["a", "a", "b", undefined, undefined, undefined];
    const look = async () => {
      const reason = reasons.shift();
      if (reason !== undefined) throw new Error(reason);
    };
    const made = new Voter({ ...ballot, look, fall: 1 });
    const told: (string | undefined)[] = [];
    const life = new Lifetime();
    const running = made.run(life, () => told.push(made.reason));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual(["a", "b", undefined]);
    life.ringStop("stopped");
    await running;
  });
});
