import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Mistake, messageOf } from "../core/problems.ts";
import { type Env, expand, hasReference } from "./expand.ts";
import { type Path, Places } from "./places.ts";

/** A parsed text: plain data, where each piece of it stood, and what was wrong. */
export interface Parsed {
  readonly data: unknown;
  readonly places: Places;
  readonly mistakes: readonly Mistake[];
}

/**
 * Parses YAML or JSON (which is YAML), fills in references, and remembers where everything stands.
 * @param env the variables that references may name; undefined leaves texts as they are
 */
export function parse(text: string, file: string, env: Env | undefined): Parsed {
  return new Reader(text, file, env).read();
}

class Reader {
  readonly #lines = new LineCounter();
  readonly #file: string;
  readonly #env: Env | undefined;
  readonly #document;
  readonly #places = new Places();
  readonly #mistakes: Mistake[] = [];

  constructor(text: string, file: string, env: Env | undefined) {
    this.#file = file;
    this.#env = env;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
  }

  read(): Parsed {
    for (const { pos, message } of this.#document.errors) this.#complain(this.#at(pos[0]), message);
    const data = this.#mistakes.length > 0 ? undefined : this.#node(this.#document.contents, [], 0);
    return { data: data ?? {}, places: this.#places, mistakes: this.#mistakes };
  }

  #node(node: Node | null, path: Path, keyOffset: number): unknown {
    const place = this.#at(node?.range?.[0] ?? keyOffset);
    this.#places.set(path, { key: path.length === 0 ? place : this.#at(keyOffset), value: place });
    if (isAlias(node)) return this.#node(node.resolve(this.#document) ?? null, path, keyOffset);
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return this.#list(node, path);
    return isScalar(node) ? this.#scalar(node, place) : null;
  }

  #map(map: YAMLMap, path: Path): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const pair of map.items) {
      if (!isPair(pair)) continue;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      if (isScalar(key) && key.value === "<<" && value) Object.assign(data, this.#merged(value, path));
      else {
        const name = String(isScalar(key) ? key.value : key);
        data[name] = this.#node(value, [...path, name], key.range?.[0] ?? 0);
      }
    }
    return data;
  }

  /** `<<: *anchor` takes the anchored map's keys in. */
  #merged(value: Node, path: Path): object {
    const source = isAlias(value) ? value.resolve(this.#document) : value;
    return isMap(source) ? this.#map(source, path) : {};
  }

  #list(list: YAMLSeq, path: Path): unknown[] {
    return list.items.map((item, index) => {
      const node = item as Node;
      return this.#node(node, [...path, index], node?.range?.[0] ?? 0);
    });
  }

  #scalar(scalar: Scalar, place: string): unknown {
    if (!this.#env || typeof scalar.value !== "string" || !hasReference(scalar.value)) return scalar.value;
    try {
      const text = expand(scalar.value, this.#env);
      // Unquoted, `${PORT}` may become a number, as if it had been written there; quoted it stays text.
      return scalar.type === Scalar.PLAIN ? plainValue(text) : text;
    } catch (error) {
      this.#complain(place, messageOf(error));
      return scalar.value;
    }
  }

  #at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${line}:${col}`;
  }

  #complain(at: string, message: string): void {
    this.#mistakes.push({ at, message });
  }
}

/** What YAML makes of an unquoted text, if that is a number, a truth value or null; otherwise the text. */
function plainValue(text: string): unknown {
  if (!/^(-?\d[\d.eE+-]*|true|false|null)$/.test(text)) return text;
  const value: unknown = parseDocument(text).toJS();
  return value;
}
