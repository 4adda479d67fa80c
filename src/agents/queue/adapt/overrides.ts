import { type Data, isData } from "./convert.ts";

const PREFIX = "KRAKEND_";

/** A document with what the environment says, and which variable each of its keys at the top comes from. */
export interface Overridden {
  readonly data: Data;
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * `KRAKEND_PORT=9000` stands for `port: 9000`, whether the file has it or not; a dot in the name goes one level down.
 * Source: krakend-async §1.6.
 */
export function withOverrides(given: Data, env: Readonly<Record<string, string | undefined>>): Overridden {
  let data = given;
  const origins = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || name === PREFIX || value === undefined) continue;
    const [first = "", ...rest] = name.slice(PREFIX.length).toLowerCase().split(".");
    const key = keyOf(data, first);
    data = { ...data, [key]: inside(data[key], rest, value) };
    if (rest.length === 0) origins.set(key, name);
  }
  return { data, origins };
}

function inside(value: unknown, path: readonly string[], text: string): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return text;
  const data = isData(value) ? value : {};
  const key = keyOf(data, first);
  return { ...data, [key]: inside(data[key], rest, text) };
}

/** How a name is written there: exactly, or else in other letters. It is the one that is read. */
function keyOf(data: Data, name: string): string {
  if (Object.hasOwn(data, name)) return name;
  return Object.keys(data).find((key) => key.toLowerCase() === name) ?? name;
}
