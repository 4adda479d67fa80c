import { negated, numberAt, summed } from "./numbers.ts";
import { stringAt } from "./strings.ts";
import { dictOf, ellipsis, none, type Python, setOf } from "./value.ts";

/** Nothing is nested deeper than this in Python either. */
const DEEPEST = 200;
/** A longer text is no literal to us. Celery cuts its representations at about 1,024 characters. */
const LONGEST = 100_000;

const words: Readonly<Record<string, Python>> = {
  None: none,
  True: { type: "bool", value: true },
  False: { type: "bool", value: false },
};

/**
 * Reads what Python's `ast.literal_eval` reads: constants, and tuples, lists, dicts and sets of them; no calls, names
 * or operators. @returns undefined for a text that is no literal
 */
export function parseLiteral(text: string): Python | undefined {
  if (text.length > LONGEST || text.includes("\0")) return undefined;
  return new Reader(text).whole();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Python | undefined {
    const first = this.#value();
    if (!first) return undefined;
    const value = this.#peek() === "," ? this.#bareTuple(first) : first;
    return this.#peek() === "" ? value : undefined;
  }

  /** `1, 2` without brackets. */
  #bareTuple(first: Python): Python | undefined {
    const items = [first];
    while (this.#take(",") && this.#peek() !== "") {
      const item = this.#value();
      if (!item) return undefined;
      items.push(item);
    }
    return { type: "tuple", items };
  }

  #value(): Python | undefined {
    if (++this.#depth > DEEPEST) return undefined;
    const left = this.#signed();
    const sign = left && this.#peek();
    const value = sign === "+" || sign === "-" ? this.#sum(left!, sign) : left;
    this.#depth--;
    return value;
  }

  #sum(left: Python, sign: string): Python | undefined {
    this.#at++;
    this.#peek();
    const right = this.#number();
    return right && summed(left, sign, right);
  }

  #signed(): Python | undefined {
    const sign = this.#peek();
    if (sign !== "+" && sign !== "-") return this.#atom(sign);
    this.#at++;
    this.#peek();
    const number = this.#number();
    return sign === "-" && number ? negated(number) : number;
  }

  #atom(first: string): Python | undefined {
    if (first === "(") return this.#tuple();
    if (first === "[") {
      const items = this.#items("]");
      return items && { type: "list", items };
    }
    if (first === "{") return this.#braces();
    return this.#strings() ?? this.#number() ?? this.#word();
  }

  #number(): Python | undefined {
    const found = numberAt(this.#text, this.#at);
    if (found) this.#at = found.end;
    return found?.value;
  }

  /** Literals side by side are one. */
  #strings(): Python | undefined {
    let whole: Python | undefined;
    for (let found = this.#string(); found; found = this.#string()) {
      whole = whole ? joined(whole, found) : found;
      if (!whole) return undefined;
    }
    return whole;
  }

  #string(): Python | undefined {
    this.#peek();
    const found = stringAt(this.#text, this.#at);
    if (found) this.#at = found.end;
    return found?.value;
  }

  #word(): Python | undefined {
    if (this.#text.startsWith("...", this.#at)) {
      this.#at += 3;
      return ellipsis;
    }
    const word = /^[A-Za-z_]\w*/.exec(this.#text.slice(this.#at, this.#at + 6))?.[0] ?? "";
    this.#at += word.length;
    if (word === "set" && this.#take("(")) return this.#take(")") ? { type: "set", items: [] } : undefined;
    return Object.hasOwn(words, word) ? words[word] : undefined;
  }

  #tuple(): Python | undefined {
    const begin = this.#at;
    const items = this.#items(")");
    if (!items) return undefined;
    // `(1)` is a number, `(1,)` a tuple.
    const comma = /,\s*\)$/.test(this.#text.slice(begin, this.#at));
    return items.length === 1 && !comma ? items[0] : { type: "tuple", items };
  }

  #items(end: string): Python[] | undefined {
    this.#at++;
    const items: Python[] = [];
    while (!this.#take(end)) {
      const item = this.#value();
      if (!item || !this.#separated(end)) return undefined;
      items.push(item);
    }
    return items;
  }

  #braces(): Python | undefined {
    this.#at++;
    const keys: Python[] = [];
    const entries: (readonly [Python, Python])[] = [];
    while (!this.#take("}")) {
      const key = this.#value();
      if (!key) return undefined;
      keys.push(key);
      if (this.#take(":")) {
        const value = this.#value();
        if (!value) return undefined;
        entries.push([key, value]);
      }
      if (!this.#separated("}")) return undefined;
    }
    if (entries.length === keys.length) return dictOf(entries);
    return entries.length === 0 ? setOf(keys) : undefined;
  }

  /** After an item comes a comma or the end. */
  #separated(end: string): boolean {
    return this.#take(",") || this.#peek() === end;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  /** The next character that is not blank; empty at the end. */
  #peek(): string {
    while (/[ \t\n\r\f]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text[this.#at] ?? "";
  }
}

function joined(one: Python, other: Python): Python | undefined {
  if (one.type === "str" && other.type === "str") return { type: "str", value: one.value + other.value };
  if (one.type !== "bytes" || other.type !== "bytes") return undefined;
  return { type: "bytes", value: Buffer.concat([one.value, other.value]) };
}
