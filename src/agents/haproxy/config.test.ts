import { describe, expect, test } from "vitest";
import { config, modeOf, servicesOf } from "./config.ts";

const listen = "127.0.0.1:0";
const parse = (given: object) => config.parse({ listen, ...given });
const refusal = (given: object) =>
  config
    .safeParse({ listen, ...given })
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

const votes = { tcp: [{ address: "127.0.0.1:1" }] };
const weight = { inputs: { cpu: {} } };

describe("the mode", () => {
  test.each([
    [{}, "hapgent"],
    [{ from: { file: "/f" } }, "hapgent"],
    [{ services: { a: { from: { file: "/f" } } } }, "hapgent"],
    [{ mode: "complete" }, "complete"],
    [{ votes }, "complete"],
    [{ weight }, "complete"],
    [{ drain: {} }, "complete"],
    [{ services: { a: { votes } } }, "complete"],
  ])("of %o is %s", (given, mode) => {
    expect(modeOf(parse(given))).toBe(mode);
  });

  test.each([{ votes }, { weight }, { drain: {} }, { services: { a: { weight } } }])(
    "hapgent's is refused with %o",
    (given) => {
      expect(refusal({ mode: "hapgent", ...given })).toEqual([
        expect.stringContaining("mode: `hapgent` cannot"),
      ]);
    },
  );
});

describe("services", () => {
  test("without any there is one for everybody, which is UP", () => {
    expect([...servicesOf(parse({ maxconn: 50 }))]).toEqual([["*", { maxconn: 50 }]]);
  });

  test("what stands beside them is the default one", () => {
    const services = servicesOf(parse({ from: { file: "/f" }, maxconn: 7, services: { a: {} } }));
    expect([...services.keys()]).toEqual(["a", "*"]);
    expect(services.get("*")).toMatchObject({ maxconn: 7 });
  });

  test("without a default there is none", () => {
    expect([...servicesOf(parse({ services: { a: {} } })).keys()]).toEqual(["a"]);
  });

  test("two defaults are a mistake", () => {
    expect(refusal({ from: { file: "/f" }, services: { "*": {} } })).toEqual([
      "services.*: the default service is described here and beside `services`, keep one",
    ]);
  });
});

test.each([
  [{ allow: ["10.0.0.0/8", "::1", "fe80::/10", "192.0.2.1"] }, undefined],
  [{ allow: ["10.0.0.0/33"] }, "allow.0: expected an address or network, such as 10.0.0.0/8"],
  [{ allow: ["example.com"] }, "allow.0: expected an address or network, such as 10.0.0.0/8"],
  [{ weight: { inputs: {} } }, "weight.inputs: give at least one input"],
  [{ weight: { inputs: { cpu: {} }, min: 0 } }, "weight.min: Too small: expected number to be >=1"],
])("%o: %s", (given, complaint) => {
  expect(refusal(given)?.[0]).toBe(complaint);
});
