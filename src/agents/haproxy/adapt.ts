import { isIP } from "node:net";
import type { Adapted, Adapter, AdapterInput } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { readInteger } from "./number.ts";

const VARIABLES = ["HAPGENT_IP", "HAPGENT_PORT", "HAPGENT_STATE_FILE"];

/** hapgent has no configuration but three variables. */
export const hapgent: Adapter = {
  name: "hapgent",
  summary: "the environment variables HAPGENT_IP, HAPGENT_PORT and HAPGENT_STATE_FILE",
  failsWith: 1,
  detect: (env) => VARIABLES.some((name) => env[name] !== undefined),
  adapt: ({ env }: AdapterInput): Adapted => {
    const listen = address(env["HAPGENT_IP"] ?? "0.0.0.0", env["HAPGENT_PORT"] ?? "9777");
    const file = env["HAPGENT_STATE_FILE"] ?? "/etc/hapgent/state.json";
    return {
      title: "hapgent",
      instance: `hapgent-${listen.replace(/[^\w.]+/g, "-")}`,
      agents: { hapgent: { kind: "haproxy", listen, mode: "hapgent", from: { file: file || NO_FILE } } },
      notes:
        file === "" ? [{ at: "HAPGENT_STATE_FILE", message: "is empty: no state is read or saved" }] : [],
    };
  },
};

/** A path where no file can be, for hapgent takes an empty one for a file that is not there. */
const NO_FILE = "/dev/null/state.json";

function address(ip: string, port: string): string {
  const number = readInteger(port) ?? -1;
  if (number < 0 || number > 65_535) throw bad("HAPGENT_PORT", port, "a port from 0 to 65535");
  if (isIP(ip) === 0) throw bad("HAPGENT_IP", ip, "an IPv4 or IPv6 address");
  return ip.includes(":") ? `[${ip}]:${number}` : `${ip}:${number}`;
}

function bad(name: string, value: string, wanted: string): ConfigProblem {
  const message = `${name}: "${value}" cannot be used, write ${wanted}`;
  return new ConfigProblem("config_invalid", message, { mistakes: [{ at: name, message }] });
}
