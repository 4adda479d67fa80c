import { describe, expect, test } from "vitest";
import {
  BASELINE,
  bytesOf,
  type ReplyVector,
  type Result,
  recorded,
} from "../../../test/peers/haproxy/recorded.ts";
import { maxconnOf, understand, weightOf } from "./understand.ts";

/** What HAProxy holds of a server, as far as an answer can change it. */
interface Server {
  readonly flag: "up" | "down";
  readonly admin: "ready" | "drain" | "maint";
  readonly weight: number;
  readonly maxconn: number;
}

/** HAProxy's rule: what an answer does not mention stays as it is. */
function after(server: Server, answer: string, vector: ReplyVector): Server {
  const { health, admin, weight, maxconn } = understand(answer) ?? {};
  const configured = Number(vector.server?.["weight"] ?? 100);
  const given = weight === undefined ? undefined : weightOf(weight, configured);
  const fixed = /^(static-rr|source)$/.test(String(vector.server?.["balance"]));
  return {
    flag: health ?? server.flag,
    admin: admin ?? server.admin,
    weight: fixed && given !== 0 && given !== configured ? server.weight : (given ?? server.weight),
    maxconn: (maxconn === undefined ? undefined : maxconnOf(maxconn)) ?? server.maxconn,
  };
}

function shown({ flag, admin, weight, maxconn }: Server): Partial<Result> {
  return {
    op_state: flag === "up" && admin !== "maint" ? "RUNNING" : "STOPPED",
    admin_state: { ready: "none", drain: "FDRAIN", maint: "FMAINT" }[admin],
    uweight: weight,
    maxconn: maxconn === 0 ? null : maxconn,
  };
}

/** What an operator, a health check, a reset or a late answer does is no matter of words. */
const wordless = ["runtime-api", "health-check", "slow", "tcp"];
/** HAProxy reads no further than its buffer reaches, in bytes. */
const BUFFER = 16_384;

const cases = recorded.vectors.flatMap((vector) => {
  if (wordless.includes(vector.group) || typeof vector.reply === "string") return [];
  const { send = "", send_parts } = vector.reply;
  const answer = send_parts?.map(({ bytes }) => bytes).join("") ?? bytesOf(send).toString("latin1");
  return answer.length < BUFFER ? [{ ...vector, answer, name: JSON.stringify(answer.slice(0, 40)) }] : [];
});

describe("an answer is understood as HAProxy does", () => {
  test.each(cases)("$id $name", (vector) => {
    const { answer, replies_before = [BASELINE] } = vector;
    const configured = Number(vector.server?.["weight"] ?? 100);
    const fresh: Server = { flag: "up", admin: "ready", weight: configured, maxconn: 50 };
    const server = [...replies_before, answer].reduce((held, each) => after(held, each, vector), fresh);
    const { op_state, admin_state, uweight, maxconn } = vector.result;
    expect(shown(server)).toEqual({ op_state, admin_state, uweight, maxconn });
  });
});

describe("what people are told", () => {
  test.each([
    ["down #db is gone\n", "db is gone"],
    ["#only\n", "only"],
    ["up,#\t x # y\n", "x # y"],
    ["up\n#not this line\n", undefined],
  ])("%j has the description %j", (answer, description) => {
    expect(understand(answer)?.description).toBe(description);
  });

  test("the first unknown word is remembered, a glued # makes one", () => {
    expect(understand("up one two\n")?.unknown).toBe("one");
    expect(understand("down#glued\n")).toEqual({ unknown: "down#glued" });
  });
});
