import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const built = new URL("../../dist/runtime/log.js", import.meta.url).href;
const core = new URL("../../dist/core/", import.meta.url).href;

/** What a process that runs this code writes on standard error. */
function written(code: string): string {
  const script = `
    import { ProcessLog } from ${JSON.stringify(built)};
    import { FieldLog } from ${JSON.stringify(`${core}log.js`)};
    import { Secret } from ${JSON.stringify(`${core}secret.js`)};
    import { LinkProblem } from ${JSON.stringify(`${core}problems.js`)};
    const log = new ProcessLog();
    ${code}`;
  const { stderr, stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([0, ""]);
  return stderr;
}

const lines = (code: string) =>
  written(code)
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("ProcessLog", () => {
  it("writes one line of JSON for each message, with its fields, and the log's own", () => {
    const [line, ...more] = lines(`new FieldLog(log, { agent: "a" }).info({ n: 1 }, "hello");`);
    expect(line).toMatchObject({ level: "info", agent: "a", n: 1, msg: "hello", time: expect.any(String) });
    expect(more).toEqual([]);
  });

  it("takes its level and format from the configuration, as often as that changes", () => {
    const messages = lines(`
      log.debug({}, "1");
      log.configure({ level: "debug", format: "json" });
      log.debug({}, "2");
      log.configure({ level: "error", format: "json" });
      log.warn({}, "3");
      log.error({}, "4");`).map(({ msg }) => msg);
    expect(messages).toEqual(["2", "4"]);
    expect(
      written(`log.configure({ level: "info", format: "pretty" }); log.warn({ a: 1 }, "hello");`),
    ).toMatch(/WARN.*hello.*"a":1/);
  });

  it("shows no secret: not in fields, not in problems, not in the stack of a defect", () => {
    const all = written(`
      const token = new Secret("canary");
      log.info({ token, deep: [{ token }], url: "http://u:canary@h" }, "fields");
      log.error({ err: new TypeError("cannot reach http://u:canary@h") }, "a defect");
      log.error({ err: new LinkProblem("timed_out", "http://u:canary@h", { cause: new Error("http://u:canary@h") }) }, "a problem");
      log.configure({ level: "info", format: "pretty" });
      log.error({ token, err: new TypeError("http://u:canary@h") }, "pretty");`);
    expect(all).not.toContain("canary");
    expect(all).toContain("TypeError: cannot reach http://u:***@h\\n    at ");
  });
});
