import { describe, expect, test } from "vitest";
import { hapgent } from "./adapt.ts";
import { config } from "./config.ts";

const adapted = (env: Record<string, string>) => hapgent.adapt({ env });
const agent = (env: Record<string, string>) => adapted(env).agents["hapgent"] ?? {};

describe("hapgent's variables", () => {
  test("have hapgent's defaults", () => {
    expect(agent({})).toEqual({
      kind: "haproxy",
      listen: "0.0.0.0:9777",
      mode: "hapgent",
      from: { file: "/etc/hapgent/state.json" },
    });
  });

  test.each([
    [{ HAPGENT_IP: "127.0.0.1", HAPGENT_PORT: "9001" }, "127.0.0.1:9001"],
    [{ HAPGENT_IP: "::", HAPGENT_PORT: "0" }, "[::]:0"],
    [{ HAPGENT_IP: "fe80::1%eth0" }, "[fe80::1%eth0]:9777"],
    [{ HAPGENT_IP: "::ffff:127.0.0.1" }, "[::ffff:127.0.0.1]:9777"],
    [{ HAPGENT_PORT: "+9001" }, "0.0.0.0:9001"],
    [{ HAPGENT_PORT: "1_9001" }, "0.0.0.0:19001"],
    [{ HAPGENT_PORT: "009001" }, "0.0.0.0:9001"],
    [{ HAPGENT_PORT: "65535" }, "0.0.0.0:65535"],
  ])("%o listens on %s", (env, listen) => {
    const { kind: _, ...rest } = agent(env as unknown as Record<string, string>);
    expect(rest["listen"]).toBe(listen);
    expect(config.safeParse(rest).error).toBeUndefined();
  });

  test.each(["", " ", "abc", "-1", "65536", "9777 ", "0x10", "9777.0", "_1", "1_", "99999999999999999999"])(
    "the port %j is refused by name",
    (port) => {
      expect(() => adapted({ HAPGENT_PORT: port })).toThrow(`HAPGENT_PORT: "${port}" cannot be used`);
    },
  );

  test.each(["", "localhost", "127.0.0.01", "127.0.0", "example.com", " 127.0.0.1", "[::1]", "1.2.3.4:5"])(
    "the address %j is refused by name",
    (ip) => {
      expect(() => adapted({ HAPGENT_IP: ip })).toThrow(`HAPGENT_IP: "${ip}" cannot be used`);
    },
  );

  test("an empty file name is a file that is not there, and is remarked on", () => {
    const { agents, notes } = adapted({ HAPGENT_STATE_FILE: "" });
    expect(agents["hapgent"]?.["from"]).toEqual({ file: "/dev/null/state.json" });
    expect(notes.map(({ at }) => at)).toEqual(["HAPGENT_STATE_FILE"]);
  });

  test("several on one machine keep apart what they remember", () => {
    const instance = (env: Record<string, string>) => adapted(env).instance;
    expect(instance({})).toBe("hapgent-0.0.0.0-9777");
    expect(instance({ HAPGENT_IP: "::1" })).toBe("hapgent--1-9777");
  });

  test("any one of them is enough to be recognised", () => {
    expect(hapgent.detect?.({ HAPGENT_STATE_FILE: "" })).toBe(true);
    expect(hapgent.detect?.({ HAPROXY: "1" })).toBe(false);
  });
});
