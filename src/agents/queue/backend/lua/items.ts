import type { Json } from "../json.ts";

/**
 * A luaList: so many items of a list. It works as a slice of Go does, which the peer has here: a list in the data sees
 * what is set among its items, but neither grows nor shrinks with the luaList. What is cut off leaves a null behind.
 * Source: `lualist.go` of krakend-lua.
 */
export class Items {
  #list: Json[];
  #length: number;
  /** Whether somebody else holds the list. */
  #shared: boolean;

  /** @param list one that is in the data; else the luaList is new and empty */
  constructor(list?: Json[]) {
    this.#list = list ?? [];
    this.#length = this.#list.length;
    this.#shared = list !== undefined;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns undefined beyond its ends */
  get(index: number): Json | undefined {
    return index < this.#length ? this.#list[index] : undefined;
  }

  /** The list as it is held when a value is set; undefined where the luaList gets one of its own, since it grows. */
  held(index: number): Json[] | undefined {
    return index < this.#length ? this.#list : undefined;
  }

  /** Makes room for an item, with nulls before it. */
  grow(index: number): void {
    if (index < this.#length) return;
    if (this.#shared) this.#list = this.#list.slice(0, this.#length);
    this.#shared = false;
    while (this.#list.length <= index) this.#list.push(null);
    this.#length = this.#list.length;
  }

  set(index: number, value: Json): void {
    this.grow(index);
    this.#list[index] = value;
  }

  remove(index: number): void {
    if (index >= this.#length) return;
    if (!this.#shared) this.#list.splice(index, 1);
    else this.#list.copyWithin(index, index + 1, this.#length)[this.#length - 1] = null;
    this.#length--;
  }

  /** The list, which from now on somebody else holds, too. */
  toJson(): Json[] {
    if (this.#list.length > this.#length) this.#list = this.#list.slice(0, this.#length);
    this.#shared = true;
    return this.#list;
  }
}
