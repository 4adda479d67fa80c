import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { adminOf } from "./admin.ts";
import type { Parrot } from "./parrot.ts";
import type { Tidy } from "./tidy.ts";

/** A parrot in the file. */
export const one = "agents:\n  a: { kind: parrot, token: canary-file }";

/** An Outrider by its API, and the folder of its managed agents. */
export async function managedRoom(tidy: Tidy, text = one, token?: string) {
  const made = await adminOf(tidy, text, token === undefined ? {} : { token });
  const folder = join(made.source.stateDir, "agents");
  return {
    ...made,
    folder,
    files: () => (existsSync(folder) ? readdirSync(folder).sort() : []),
    file: (name: string) => readFileSync(join(folder, `${name}.yaml`), "utf8"),
    agent: (name: string) => made.outrider.agent(name).agent as Parrot,
  };
}
