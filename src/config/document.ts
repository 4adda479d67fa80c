import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Mistake, messageOf } from "../core/problems.ts";
import { Anchors } from "./anchors.ts";
import { type Env, expand, hasReference } from "./expand.ts";
import { Origin, type Path, Places } from "./places.ts";
import { readSyntax } from "./syntax.ts";

/** Deeper data than this, in levels, could exhaust the stack; without aliases the syntax has the same bound. */
const DEEPEST = 200;

/** JSON has no comments: people write keys that begin so. Source: krakend-async §1.1. */
const COMMENT = /^[@$_#]/;

/** A parsed text: plain data, where each piece of it stood, and what was wrong. */
export interface Parsed {
  readonly data: unknown;
  readonly places: Places;
  readonly mistakes: readonly Mistake[];
}

/**
 * Parses YAML or JSON (which is YAML), fills in references, and remembers where everything stands.
 * @param env the variables that references may name; undefined, for another program's file, leaves texts as they are,
 * and lets the keys that stand for comments there, such as `@comment`, come several times
 */
export function parse(text: string, file: string, env: Env | undefined): Parsed {
  return new Reader(text, file, env).read();
}

class Reader {
  readonly #origin: Origin;
  readonly #env: Env | undefined;
  readonly #contents: Node | undefined;
  readonly #anchors: Anchors;
  readonly #places = new Places();
  readonly #mistakes: Mistake[] = [];

  constructor(text: string, file: string, env: Env | undefined) {
    this.#env = env;
    const lines = new LineCounter();
    this.#origin = new Origin(file, lines);
    const { contents, mistakes } = readSyntax(text, lines);
    this.#contents = contents;
    this.#anchors = new Anchors(contents);
    for (const { offset, message } of mistakes) this.#complain(offset, message);
  }

  read(): Parsed {
    let data: unknown;
    try {
      data = this.#node(this.#contents, [], 0);
    } catch (error) {
      this.#complain(0, messageOf(error));
    }
    return { data: data ?? {}, places: this.#places, mistakes: this.#mistakes };
  }

  #node(node: Node | null | undefined, path: Path, keyOffset: number): unknown {
    this.#anchors.count();
    if (path.length > DEEPEST) throw new Error("aliases nest too deeply");
    const value = node?.range?.[0] ?? keyOffset;
    this.#places.set(path, { origin: this.#origin, key: path.length === 0 ? value : keyOffset, value });
    if (isAlias(node)) return this.#alias(node, (target) => this.#node(target, path, keyOffset));
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return this.#list(node, path);
    return isScalar(node) ? this.#scalar(node, value) : null;
  }

  #alias<T>(alias: Alias, read: (target: Node) => T): T | null {
    const target = this.#anchors.of(alias);
    if (typeof target !== "string") return this.#anchors.within(target, read);
    this.#complain(alias.range?.[0] ?? 0, target);
    return null;
  }

  #map(map: YAMLMap, path: Path): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    const pairs = map.items as Pair<Node, Node | null>[];
    // What is merged in comes first, so that the map's own keys win wherever they stand.
    for (const { key, value } of pairs)
      if (isMerge(key) && value) Object.assign(data, this.#merged(value, path));
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      if (isMerge(key)) continue;
      const name = this.#nameOf(key, own, path);
      if (name !== undefined) data[name] = this.#node(value, [...path, name], key?.range?.[0] ?? 0);
    }
    return data;
  }

  /** A key's text; undefined, after a complaint, for one that cannot stand. */
  #nameOf(key: Node | null, own: Set<string>, path: Path): string | undefined {
    const name = isScalar(key) ? String(key.value) : undefined;
    const at = key?.range?.[0] ?? 0;
    if (name === undefined) this.#complain(at, "a key must be a plain text");
    else if (name === "__proto__") this.#complain(at, `"${name}" cannot be a key`);
    else if (own.has(name) && (this.#env !== undefined || !COMMENT.test(name))) {
      this.#complain(at, `"${name}" is given here and at ${this.#places.ofKey([...path, name])}, keep one`);
    } else {
      own.add(name);
      return name;
    }
    return undefined;
  }

  /** `<<: *anchor` takes the anchored map's keys in; of a list of maps the first that has a key wins. */
  #merged(value: Node, path: Path): object {
    if (isAlias(value)) return this.#alias(value, (target) => this.#merged(target, path)) ?? {};
    if (isMap(value)) return this.#map(value, path);
    if (isSeq(value)) {
      const maps = value.items.toReversed().map((item) => this.#merged(item as Node, path));
      return Object.assign({}, ...maps);
    }
    this.#complain(value.range?.[0] ?? 0, "<< takes a map, or a list of maps");
    return {};
  }

  #list(list: YAMLSeq, path: Path): unknown[] {
    return list.items.map((item, index) => {
      const node = item as Node;
      return this.#node(node, [...path, index], node?.range?.[0] ?? 0);
    });
  }

  #scalar(scalar: Scalar, offset: number): unknown {
    if (!this.#env || typeof scalar.value !== "string" || !hasReference(scalar.value)) return scalar.value;
    try {
      const text = expand(scalar.value, this.#env);
      // Unquoted, `${PORT}` may become a number, as if it had been written there; quoted it stays text.
      return scalar.type === Scalar.PLAIN ? plainValue(text) : text;
    } catch (error) {
      this.#complain(offset, messageOf(error));
      return scalar.value;
    }
  }

  #complain(offset: number, message: string): void {
    this.#mistakes.push({ at: this.#origin.at(offset), message });
  }
}

function isMerge(key: Node | null): boolean {
  return isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN;
}

/** What YAML makes of an unquoted text, if that is a number, a truth value or null; otherwise the text. */
function plainValue(text: string): unknown {
  if (!/^(-?\d[\d.eE+-]*|true|false|null)$/.test(text)) return text;
  const value: unknown = parseDocument(text).toJS();
  return value;
}
