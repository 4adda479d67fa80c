import { describe, expect, it } from "vitest";
import { compile } from "./expression.ts";
import { environment } from "./library.ts";
import { led, variablesIn } from "./words.ts";

const within = environment({ d: "map<string, dyn>", t: "string" });
const d = new Map<string, unknown>([
  ["n", "7"],
  ["i", 7n],
  ["l", [1n, "a", null, 2.5]],
  ["o", new Map([["has", "x"]])],
  ["lo", [new Map([["a", 1n]]), new Map([["b", 2n]])]],
  ["z", null],
]);

function evaluated(text: string): unknown {
  const made = compile(within, text);
  if ("fault" in made) return made.fault;
  try {
    return made.evaluate({ d, t: "text" });
  } catch {
    return "error";
  }
}

describe("CEL", () => {
  it.each([
    // Conversions.
    "int('+5') == 5 && int('-9223372036854775808') < 0 && int(7.9) == 7 && int(-7.9) == -7",
    "int(timestamp('1970-01-01T00:01:00.9Z')) == 60 && int(5u) == 5",
    "double('1e3') == 1000.0 && double('-inf') < 0.0 && double('.5') == 0.5 && double(3) == 3.0",
    "string(1e6) == '1e+06' && string(100000.0) == '100000' && string(0.0001) == '0.0001'",
    "string(1.5e-7) == '1.5e-07' && string(2.0) == '2' && string(-1.0/0.0) == '-Inf'",
    "string(timestamp('2024-02-29T10:00:00.120+02:00')) == '2024-02-29T08:00:00.12Z'",
    "string(duration('-1.5h')) == '-5400s' && string(duration('1h30m0.5s')) == '5400.5s'",
    "bool('true') && string(true) == 'true' && string(b'abc') == 'abc' && bytes('é').size() == 2",
    // Texts and patterns.
    "'orders.new'.matches('^orders[.]') && matches('abc', 'b') && !'abc'.matches('^b')",
    "'a\\nb'.matches('(?s)a.b') && 'Kelvin'.matches('(?i)^k') && 'é'.size() == 1",
    "t.startsWith('te') && t.endsWith('xt') && t.contains('ex') && size(t) == 4",
    // Times.
    "timestamp('2024-01-31T23:30:00Z').getHours('+01:00') == 0 && timestamp('2024-01-31T23:30:00Z').getMonth('+01:00') == 1",
    "timestamp('2024-07-01T00:00:00Z').getHours('Europe/Berlin') == 2",
    "timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365 && timestamp('2024-01-01T00:00:00Z').getDayOfYear() == 0",
    "timestamp('2024-03-05T00:00:00Z').getDayOfMonth() == 4 && timestamp('2024-03-05T00:00:00Z').getDate() == 5",
    "timestamp('2024-03-05T00:00:00Z').getDayOfWeek() == 2 && duration('90m').getHours() == 1",
    "timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')",
    "timestamp('2024-01-01T00:00:00Z') + duration('1h') < timestamp('2024-01-01T01:00:01Z')",
    "timestamp(0) == timestamp('1970-01-01T00:00:00Z') && duration('0') == duration('0s')",
    // Fields, lists and maps.
    "has(d.n) && !has(d.zz) && has(d.lo[1].b) && !has(d.lo[0].b) && has(d.o.has) && has(d.z)",
    "d.n == '7' && d.n != 7 && d.n != null && d.z == null && d.i == 7 && d.i == 7.0 && d.i < 7.5",
    "'n' in d && !('x' in d) && null in d.l && 'a' in d.l && !('b' in d.l) && d.i in [6, 7]",
    "size(d.l) == 4 && d.l[1] == 'a' && d.l == [1, 'a', null, 2.5] && d['n'] == '7' && [1] + [2] == [1, 2]",
    "{'a': 1, 'b': 'x'}.a == 1 && {'a': [1]} == {'a': [1]}",
    // Macros.
    "d.lo.exists(x, has(x.b) && int(x.b) == 2) && !d.lo.all(x, has(x.a)) && d.l.exists_one(x, x == 'a')",
    "d.lo.exists(x, x.b == 2) && d.lo.filter(x, has(x.a)).size() == 1",
    "[1, 2].map(x, string(x)) == ['1', '2'] && ['1', '2'].map(x, int(x) > 1, double(x)) == [2.0]",
    "d.o.all(k, k == 'has') && [[1], [2]].all(l, l.exists(x, x > 0))",
    // Errors that the other side absorbs, and ternaries.
    "(d.zz == 1 || true) && (true || d.zz == 1) && !(d.zz == 1 && false) && !(false && d.zz == 1)",
    "(d.i > 5 ? 'many' : 'few') == 'many' && (true || 1/0 == 1)",
    "5 / 2 == 2 && -5 % 3 == -2 && 5.0 / 2.0 == 2.5 && 2u + 1u == 3u",
    "type(d.i) == int && type('') == string && type(1.0) == double && type([]) == list && type({}) == map",
    "'has(x)' == \"has(x)\" && r'int(\\d' == 'int(\\\\d' && t.matches(r'^\\w+$') // int(",
  ])("%s", (text) => {
    expect(evaluated(text)).toBe(true);
  });

  it.each([
    ...["int('7.5')", "int('')", "int('0x7')", "int(' 7')", "int('9223372036854775808')", "int(1e30)"],
    ...["double('')", "double('0x10')", "double('1e400')", "double(' 1')", "string(b'\\xff')"],
    ...["timestamp('2024-01-01')", "timestamp('2024-02-30T00:00:00Z')", "timestamp('2024-01-01 00:00:00Z')"],
    ...["duration('h')", "duration('5')", "duration('')", "t.matches('(')", "t.matches('(?=a)')"],
    ...["d.zz", "d.n > 5", "d.i + 1.5 > 1.0", "d.l[9]", "d.z.x", "has(d.zz.x)", "has(d.n.x)", "1/0"],
    ...["d.zz == 1 || false", "d.n ? 1 : 2", "9223372036854775807 + 1", "d.i && true"],
    ...["timestamp(0).getHours('No/Where')"],
  ])("%s is an error", (text) => {
    expect(evaluated(text)).toBe("error");
  });

  it.each(["t ==", "t === 'x'", "(t", "t == 'x", "has(t)", "has(d['n'])", "", "t == 'a' && "])(
    "%s does not parse",
    (text) => expect(evaluated(text)).toBe("syntax"),
  );

  it.each(["t == 5", "nope == 1", "nope(t)", "t + 1", "int(d, d)", "!t", "t ? 1 : 2", "'1' < 2"])(
    "%s is a mistake of types",
    (text) => expect(evaluated(text)).toBe("type"),
  );

  it("speaks of functions by the names they have", () => {
    expect(compile(within, "int(true, 5)")).toEqual({
      fault: "type",
      reason: "found no matching overload for 'int(bool, int)'",
    });
  });

  it("is not held up by a pattern that would hold others up", () => {
    expect(
      evaluated(`'${"a".repeat(5_000)}'.matches('^(a+)+$') && !'${"a".repeat(5_000)}b'.matches('^(a+)+$')`),
    ).toBe(true);
  });
});

describe("words", () => {
  const ours = new Set(["has", "int"]);

  it("leads calls to ours, but no texts, comments, fields or names", () => {
    expect(led("has(a.has) && int (x) == int && a.int('has(') // has(", ours)).toBe(
      "outrider_has(a.has) && outrider_int (x) == int && a.outrider_int('has(') // has(",
    );
    expect(led(`"""has("x")""" + r'\\' + has(b)`, ours)).toBe(`"""has("x")""" + r'\\' + outrider_has(b)`);
  });

  it("finds variables", () => {
    const text = "a.b.c == 'd' && e(f) || r\"g\" == b'h' && has(i.j) // k";
    expect([...variablesIn(text)]).toEqual(["a", "f", "i"]);
  });
});
