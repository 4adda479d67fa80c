import { freePort } from "./ports.ts";

/** Ports that pages name. */
const NAMED = ["9900", "8080", "9777", "3000", "8090", "6100"];

/** The port at which pages suppose a RabbitMQ. */
export const BROKER = "5672";

/** Free ports in the place of those that a page names, and back. */
export class StandInPorts {
  readonly #pairs: readonly (readonly [named: string, free: string])[];

  private constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /** @param broker the port of a RabbitMQ, for pages that need one */
  static async find(broker?: number): Promise<StandInPorts> {
    const free = await Promise.all(NAMED.map(async (named) => [named, String(await freePort())] as const));
    return new StandInPorts(broker === undefined ? free : [...free, [BROKER, String(broker)]]);
  }

  /** Where the demo, and commands that look for it, find their ports. */
  get environment(): Record<string, string> {
    const at = (port: string) => `127.0.0.1:${this.insert(port)}`;
    return {
      DEMO_ADMIN: at("9900"),
      DEMO_HTTP: at("8080"),
      DEMO_CHECK: at("9777"),
      DEMO_INBOX: at("8090"),
      DEMO_FLAGS: at("6100"),
      OUTRIDER_ADMIN: `http://${at("9900")}`,
    };
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
