import { describe, expect, it } from "vitest";
import { kinds } from "../../../test/tools/parrot.ts";
import { loadConfig } from "../../config/load.ts";
import { checkPlans } from "../plan.ts";

/** What is said of a configuration with this `fleet`. */
function complaint(fleet: object): string {
  const text = JSON.stringify({ admin: { listen: "127.0.0.1:7" }, fleet });
  try {
    checkPlans(loadConfig([{ file: "o.json", text }], kinds, {}));
    return "fine";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("`fleet`", () => {
  it.each([
    [{ report_to: "https://head:9900" }],
    [{ report_to: "http://head", name: "edge-1", token: "t", every: "1m", ca: ["/ca.pem"] }],
    [{ listen: true, offline_after: "10m" }],
    [{ listen: ":9901", token: "t" }],
    [{ listen: "unix:/run/fleet.sock" }],
  ])("%j is taken", (fleet) => expect(complaint(fleet)).toBe("fine"));

  it.each([
    [{ report_to: "http://h:1", listen: true }, "fleet: give exactly one of report_to, listen"],
    [{}, "fleet: give exactly one of report_to, listen"],
    [{ listen: ":9901" }, "fleet.listen: an address that others can reach needs a `token`"],
    [{ listen: "127.0.0.1:7" }, "fleet.listen: 127.0.0.1:7 is claimed by the admin API at o.json:1:"],
    [{ listen: false }, 'fleet.listen: expected `true` or an address, such as ":9901"'],
    [{ report_to: "h:1" }, 'fleet.report_to: "h:1" is no URL'],
    [{ report_to: "http://h", name: "a b" }, "fleet.name: a name has up to 63 letters"],
    [
      { report_to: "http://h", ofline_after: "1h" },
      'unknown key "ofline_after" — did you mean "offline_after"?',
    ],
    [{ listen: true, offline_after: "1ms" }, "fleet.offline_after: is too short, write 1000ms or more"],
  ])("%j is refused with its place", (fleet, words) => {
    expect(complaint(fleet)).toMatch(/^o\.json:1:\d+ /);
    expect(complaint(fleet)).toContain(words);
  });
});
