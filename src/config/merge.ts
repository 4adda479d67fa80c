import type { Mistake } from "../core/problems.ts";
import type { Parsed } from "./document.ts";
import { type Path, Places, pathText } from "./places.ts";

export type Data = Record<string, unknown>;

/** One configuration out of all its files. */
export interface Merged {
  readonly data: Data;
  readonly places: Places;
  readonly mistakes: readonly Mistake[];
}

/** Several files become one: agents are gathered, and nothing may be said twice. */
export function merge(parsed: readonly Parsed[]): Merged {
  const merging = new Merging();
  for (const each of parsed) merging.add(each);
  return merging;
}

class Merging implements Merged {
  readonly data: Data = {};
  readonly places = new Places();
  readonly mistakes: Mistake[] = [];

  add({ data, places, mistakes }: Parsed): void {
    this.mistakes.push(...mistakes);
    const { agents, ...head } = this.#map(data, [], places);
    this.#put(this.data, head, [], places);
    if (agents !== undefined && agents !== null) {
      this.data["agents"] ??= {};
      this.#put(this.data["agents"] as Data, this.#map(agents, ["agents"], places), ["agents"], places);
    }
    this.places.adopt(places);
  }

  #map(value: unknown, path: Path, places: Places): Data {
    if (isMap(value)) return value;
    this.mistakes.push({ at: places.ofValue(path), message: `${pathText(path)}: expected a map` });
    return {};
  }

  #put(target: Data, more: Data, path: Path, places: Places): void {
    for (const [key, value] of Object.entries(more)) {
      const here = [...path, key];
      if (key in target) {
        const message = `${pathText(here)}: is given here and at ${this.places.ofKey(here)}, keep one`;
        this.mistakes.push({ at: places.ofKey(here), message });
      } else target[key] = value;
    }
  }
}

function isMap(value: unknown): value is Data {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The value if it is a map, else an empty one. */
export function asMap(value: unknown): Data {
  return isMap(value) ? value : {};
}
