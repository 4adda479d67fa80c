import { canonical, type Headers, withHeader } from "../headers.ts";
import { Items } from "./items.ts";
import { NIL, STRING, TABLE } from "./raw.ts";
import { ScriptError, type Spelling } from "./stack.ts";
import { type Place, pushThing, thingAt } from "./values.ts";

/** What has headers that a script may change. */
export interface Headed {
  headers: Headers;
}

/**
 * `headers()`: all, as a table of lists; `headers(name)`: the first value or ""; `headers(name, value)`: sets it, nil
 * deletes. Source: krakend-async §5.21.
 * @param exact whether `headers(name)` wants the name as it is spelled, as the peer does for answers
 */
export function headersOf(at: Place, draft: Headed, exact: boolean): number {
  const { stack } = at;
  if (stack.top < 2) return pushLists(at, draft.headers, "latin1");
  const name = stack.text(2);
  if (stack.top < 3) {
    stack.pushText(draft.headers[exact ? name : canonical(name)]?.[0] ?? "", "latin1");
    return 1;
  }
  const values = stack.type(3) === NIL ? [] : [stack.text(3, "latin1")];
  draft.headers = withHeader(draft.headers, canonical(name), values);
  return 0;
}

/** `headerList(name)`: every value; `headerList(name, list)`: sets them. */
export function headerListOf(at: Place, draft: Headed): number {
  const { stack } = at;
  const name = canonical(stack.text(2));
  if (stack.top < 3) return pushThing(at, "list", new Items((draft.headers[name] ?? []).map(read)));
  draft.headers = withHeader(draft.headers, name, stack.type(3) === NIL ? [] : textsAt(at, 3));
  return 0;
}

/** The texts of a luaList or of a plain list. Throws ScriptError. */
export function textsAt(at: Place, index: number): string[] {
  const thing = thingAt(at, index);
  if (thing instanceof Items) return thing.toJson().map(written);
  const { stack } = at;
  if (stack.type(index) !== TABLE) throw new ScriptError("a list is needed");
  const texts: string[] = [];
  for (let i = 1n; stack.raw._lua_rawgeti(stack.L, index, i) !== NIL; i++) {
    at.scene.charge(16);
    texts.push(stack.text(-1, "latin1"));
    stack.pop();
  }
  stack.pop();
  return texts;
}

/** Headers of a request that a script makes: a luaTable or a plain table; values are texts or lists of them. */
export function headersAt(at: Place, index: number): Record<string, readonly string[]> {
  const thing = thingAt(at, index);
  if (thing !== null && thing !== undefined) return ofThing(thing);
  const { stack } = at;
  const headers: Record<string, readonly string[]> = {};
  if (stack.type(index) !== TABLE) return headers;
  stack.pushNil();
  while (stack.raw._lua_next(stack.L, index) !== 0) {
    const name = stack.type(-2) === STRING ? canonical(stack.text(-2)) : undefined;
    if (name !== undefined) {
      headers[name] = stack.type(-1) === TABLE ? textsAt(at, stack.top) : [stack.text(-1, "latin1")];
    }
    stack.pop();
  }
  return headers;
}

function ofThing(thing: object): Record<string, readonly string[]> {
  const values = (value: unknown) => (Array.isArray(value) ? value.map(written) : [written(value)]);
  return Object.fromEntries(Object.entries(thing).map(([name, value]) => [canonical(name), values(value)]));
}

/** A header's bytes as the UTF-8 that they most likely are, since the values of a luaList are texts. */
function read(value: string): string {
  return /[^\x00-\xff]/.test(value) ? value : Buffer.from(value, "latin1").toString();
}

function written(value: unknown): string {
  return Buffer.from(String(value)).toString("latin1");
}

/** A table of lists, a copy: plain Lua tables that know the methods of luaTable and luaList as well. */
function pushLists(at: Place, lists: Readonly<Record<string, readonly string[]>>, spelling: Spelling): 1 {
  pushPlain(at);
  for (const [name, values] of Object.entries(lists)) {
    at.stack.pushText(name);
    pushPlain(at);
    values.forEach((value, i) => {
      at.stack.pushText(value, spelling);
      at.stack.raw._lua_rawseti(at.stack.L, -2, BigInt(i + 1));
    });
    at.stack.raw._lua_rawset(at.stack.L, -3);
  }
  return 1;
}

/** A table of texts, a copy. */
export function pushTexts(at: Place, texts: Readonly<Record<string, string>>): 1 {
  pushPlain(at);
  for (const [name, value] of Object.entries(texts)) {
    at.stack.pushText(name);
    at.stack.pushText(value);
    at.stack.raw._lua_rawset(at.stack.L, -3);
  }
  return 1;
}

function pushPlain({ stack, kinds }: Place): void {
  stack.raw._lua_createtable(stack.L, 0, 0);
  stack.pushKept(kinds.plain);
  stack.raw._lua_setmetatable(stack.L, -2);
}
