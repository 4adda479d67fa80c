import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { address, duration, isLoopback, oneOf, overlap, secret, size, splitAddress, url } from "./units.ts";

const messageOf = (schema: z.ZodType, value: unknown) => {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
};

describe("duration", () => {
  it.each([
    ["150ms", 150],
    ["5s", 5_000],
    ["1.5s", 1_500],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["0s", 0],
  ])("%s is %i ms", (text, ms) => expect(duration().parse(text)).toBe(ms));

  it.each(["5", "s", "5 s", "-5s", "5S", "1m 30s", "", "5ss", "1e3s"])("%j is none", (text) => {
    expect(messageOf(duration(), text)).toBe(
      `"${text}" is no duration, write a number and ms, s, m, h or d: "5s"`,
    );
  });

  it("keeps within its bounds", () => {
    expect(messageOf(duration({ min: 100 }), "99ms")).toBe("is too short, write 100ms or more");
    expect(duration().parse("24d")).toBeLessThan(2 ** 31);
    expect(messageOf(duration(), "25d")).toBe("is too long, write 24d or less");
    expect(messageOf(duration(), 5)).toContain("with its unit");
  });

  it("takes no time for a long text that is none", () => {
    const began = performance.now();
    expect(messageOf(duration(), `${"1".repeat(500_000)}x`)).toBeDefined();
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("size", () => {
  it.each([
    ["5B", 5],
    ["1KB", 1_000],
    ["1.5MB", 1_500_000],
    ["1KiB", 1_024],
    ["2GiB", 2 ** 31],
  ])("%s is %i bytes", (text, bytes) => expect(size().parse(text)).toBe(bytes));

  it.each(["5", "1kb", "1 MB", "-1B", "MB"])("%j is none", (text) => {
    expect(messageOf(size(), text)).toContain(`"${text}" is no size`);
  });
});

describe("address", () => {
  it.each([
    [":80", { host: undefined, port: 80 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["web.example:8080", { host: "web.example", port: 8080 }],
    ["[::1]:65535", { host: "::1", port: 65_535 }],
    ["[fe80::1%eth0]:1", { host: "fe80::1%eth0", port: 1 }],
    ["unix:/run/x.sock", { path: "/run/x.sock" }],
  ])("%s is one", (text, listen) => {
    expect(address().parse(text)).toBe(text);
    expect(splitAddress(text)).toEqual(listen);
  });

  it.each(["80", "host", "host:", "host:65536", "::1:80", "[::1]", "a b:80", "unix:", "http://host:80"])(
    "%j is none",
    (text) => expect(messageOf(address(), text)).toContain(`"${text}" is no address`),
  );

  it("is taken apart without loss", () => {
    const host = fc.oneof(
      fc.constant(""),
      fc.ipV4(),
      fc.domain(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        const text = `${name}:${port}`;
        fc.pre(address().safeParse(text).success);
        expect(splitAddress(text)).toEqual({ host: name.replace(/[[\]]/g, "") || undefined, port });
      }),
    );
  });

  it("is loopback where only this machine can reach it", () => {
    const local = ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/x"];
    const open = [
      ":1",
      "0.0.0.0:1",
      "[::]:1",
      "192.168.0.1:1",
      "127.0.0.1.example.com:1",
      "localhost.example:1",
    ];
    expect(local.map(isLoopback)).toEqual(local.map(() => true));
    expect(open.map(isLoopback)).toEqual(open.map(() => false));
  });
});

describe("overlap", () => {
  it.each([
    [":80", "127.0.0.1:80", true],
    ["0.0.0.0:80", "[::1]:80", true],
    ["127.0.0.1:80", "127.0.0.1:80", true],
    ["127.0.0.1:80", "127.0.0.2:80", false],
    [":80", ":81", false],
    [":0", ":0", false],
    ["unix:/a", "unix:/a", true],
    ["unix:/a", "unix:/b", false],
    ["unix:/80", ":80", false],
  ])("of %s and %s: %s", (one, other, overlaps) => {
    expect([overlap(one, other), overlap(other, one)]).toEqual([overlaps, overlaps]);
  });
});

describe("secret", () => {
  it("hides what it is given", () => {
    const token = secret().parse("canary");
    expect([`${token}`, token.reveal()]).toEqual(["***", "canary"]);
    expect(messageOf(secret(), "")).toBe("is empty");
    expect(messageOf(secret(), 5)).toBe("expected a text");
  });
});

describe("url", () => {
  it("takes the schemes it is told, and no trailing slash", () => {
    expect(url().parse("https://host/base//")).toBe("https://host/base");
    expect(url(["amqp", "amqps"]).parse("amqp://user:pass@host//")).toBe("amqp://user:pass@host//");
    for (const text of ["host", "ftp://host", "//host", "http//host", ""]) {
      expect(messageOf(url(), text)).toBe(`"${text}" is no URL, write http:// or https://…`);
    }
  });
});

describe("oneOf", () => {
  const drivers = oneOf({ file: z.string(), amqp: z.strictObject({ url: z.string() }) });

  it("takes exactly one of its keys", () => {
    expect(drivers.parse({ file: "x" })).toEqual({ file: "x" });
    expect(messageOf(drivers, {})).toBe("give exactly one of file, amqp");
    expect(messageOf(drivers, { file: "x", amqp: { url: "y" } })).toBe("give exactly one of file, amqp");
    expect(messageOf(drivers, { redis: 1 })).toContain("redis");
  });
});
