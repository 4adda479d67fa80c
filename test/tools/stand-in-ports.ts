import { freePort } from "./ports.ts";

/** Ports that pages name. */
const NAMED = ["9900", "8080", "9777", "3000", "6100"];

/** Free ports in the place of those that a page names, and back. */
export class StandInPorts {
  readonly #pairs: readonly (readonly [named: string, free: string])[];

  private constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  static async find(): Promise<StandInPorts> {
    return new StandInPorts(
      await Promise.all(NAMED.map(async (named) => [named, String(await freePort())] as const)),
    );
  }

  /** Where the demo, and commands that look for it, find their ports. */
  get environment(): Record<string, string> {
    const at = (port: string) => `127.0.0.1:${this.insert(port)}`;
    const demo = {
      DEMO_ADMIN: at("9900"),
      DEMO_HTTP: at("8080"),
      DEMO_CHECK: at("9777"),
      DEMO_FLAGS: at("6100"),
    };
    return { ...demo, OUTRIDER_ADMIN: `http://${at("9900")}` };
  }

  /** For what is written to files and typed. */
  insert(text: string): string {
    return this.#pairs.reduce((all, [named, free]) => replacePort(all, named, free), text);
  }

  /** For what is printed. */
  restore(text: string): string {
    return this.#pairs.reduce((all, [named, free]) => replacePort(all, free, named), text);
  }
}

function replacePort(text: string, from: string, to: string): string {
  return text.replace(new RegExp(`(?<![\\d.])${from}(?!\\d)`, "g"), to);
}
