import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folder } from "../../../../test/tools/folder.ts";
import { Tidy } from "../../../../test/tools/tidy.ts";
import { plainEvent } from "../event.ts";
import { type Profile, profiles } from "../profile.ts";
import type { Backend, Call } from "./call.ts";
import { graphql } from "./graphql.ts";

type Config = Parameters<typeof graphql>[0];

const tidy = new Tidy();
const never = new AbortController().signal;

/** @returns the answer, and the call that came out, if any */
async function ask(config: Partial<Config>, body = "{}", params = {}, profile: Profile = profiles.safe) {
  const calls: Call[] = [];
  const tasks: ((signal: AbortSignal) => Promise<void>)[] = [];
  const next: Backend = async (call) => {
    calls.push(call);
    return { data: {}, complete: true, status: 0, headers: {} };
  };
  const whole: Config = { type: "query", query: "{x}", variables: {}, method: "POST", ...config };
  const event = plainEvent(Buffer.from(body));
  const given = {
    event,
    method: "",
    path: "",
    url: "http://b0.test/in",
    query: {},
    params,
    headers: {},
    body: event.body,
  };
  const layer = graphql(whole, { profile, prepares: (task) => void tasks.push(task) });
  for (const task of tasks) await task(never);
  const answer = await layer(next)(given, never);
  return { answer, call: calls[0] };
}

describe("graphql", () => {
  it("makes variables of the event of a mutation, and fills what is missing", async () => {
    const config = {
      type: "mutation",
      query: "mutation",
      operation: "op",
      variables: { b: 1, c: 2 },
    } as const;
    const { call } = await ask(config, '{"z":{"y":1,"x":1.50},"b":12345678901234567890}');
    expect([call!.method, call!.body.toString()]).toEqual([
      "POST",
      '{"query":"mutation","operationName":"op","variables":{"b":12345678901234567890,"c":2,"z":{"x":1.50,"y":1}}}',
    ]);
  });

  it("reads the query from a file before the first event", async () => {
    const file = join(await folder(tidy), "q.graphql");
    await writeFile(file, "{ x }\n");
    const read = await ask({ query: undefined, file });
    expect(read.call!.body.toString()).toBe('{"query":"{ x }\\n"}');
    await writeFile(file, " ");
    await expect(ask({ query: undefined, file })).rejects.toMatchObject({ code: "config_invalid" });
    await rm(file);
    const gone = ask({ query: undefined, file });
    await expect(gone).rejects.toMatchObject({ name: "ConfigProblem", code: "config_unreadable" });
    await expect(gone).rejects.toThrow(file);
  });

  it.each(["nope", "", "[]", "null", "1"])("P02 refuses the event %j as a mutation", async (body) => {
    const { answer, call } = await ask({ type: "mutation" }, body);
    expect([answer.problem?.code, call]).toEqual(["item_refused", undefined]);
  });

  it("P03 drops the event of a query", async () => {
    const { call } = await ask({ variables: { a: 1 } }, "nope");
    expect(call!.body.toString()).toBe('{"query":"{x}","variables":{"a":1}}');
    expect(call!.headers).toEqual({ "Content-Type": ["application/json"], "Content-Length": ["35"] });
  });

  it("P05 has no variables where there are none", async () => {
    expect((await ask({})).call!.body.toString()).toBe('{"query":"{x}"}');
  });

  it("puts parameters into variables", async () => {
    const variables = { a: "{resp0_id}", b: "{none}", c: "{}", d: "", e: "x{a}" };
    const { call } = await ask({ variables }, "{}", { Resp0_id: "7" });
    expect(JSON.parse(call!.body.toString()).variables).toEqual({ a: "7", b: "", c: "{}", d: "", e: "x{a}" });
  });

  it("P04 over GET is without query at the peer, and with it at ours", async () => {
    const config = { method: "GET", variables: { a: "b c" } } as const;
    const theirs = (await ask(config, "{}", {}, profiles.krakend)).call!;
    expect([theirs.method, theirs.url, theirs.body.length]).toEqual(["GET", "http://b0.test/in", 0]);
    expect(theirs.headers["Content-Type"]).toEqual(["application/json"]);
    expect(theirs.query).toEqual({ query: ["{x}"], variables: ['{"a":"b c"}'] });
    const ours = (await ask(config)).call!;
    expect(ours.url).toBe("http://b0.test/in?query=%7Bx%7D&variables=%7B%22a%22%3A%22b+c%22%7D");
  });
});
