import { isObject, type Json, type JsonObject, LosslessNumber } from "../json.ts";
import { Items } from "./items.ts";
import { BOOLEAN, HANDLE, NUMBER, STRING, TABLE } from "./raw.ts";
import { Reply, type Scene, type Thing } from "./scene.ts";
import { ScriptError, type Stack } from "./stack.ts";

/** What the metatables in the prelude are called. */
export const KINDS = ["request", "response", "table", "list", "null", "reply", "plain", "globals"] as const;
export type Kind = (typeof KINDS)[number];

/** A function that scripts can call: arguments from index 1; returns how many results it pushed. */
export type HostFunction = (at: Place) => number;

/** Where a function was called: the stack, the event, and the metatables by name. */
export interface Place {
  readonly stack: Stack;
  readonly scene: Scene;
  readonly kinds: Readonly<Record<Kind, number>>;
  /** Where the globals of the event are kept. */
  readonly globals: number;
}

const DEEPEST = 100;

/** Pushes an object with the methods of its kind. */
export function pushThing({ stack, scene, kinds }: Place, kind: Kind, thing?: Thing): 1 {
  const { raw, L } = stack;
  raw._lua_createtable(L, 1, 0);
  if (thing !== undefined) {
    raw._lua_pushlightuserdata(L, scene.hold(thing));
    raw._lua_rawseti(L, -2, 1n);
  }
  stack.pushKept(kinds[kind]);
  raw._lua_setmetatable(L, -2);
  return 1;
}

/** The thing behind the object at an index, if it is one of ours. */
export function thingAt({ stack, scene }: Place, index: number): Thing | undefined {
  if (stack.type(index) !== TABLE) return undefined;
  const type = stack.raw._lua_rawgeti(stack.L, index, 1n);
  const thing = type === HANDLE ? scene.held(stack.raw._lua_touserdata(stack.L, -1)) : undefined;
  stack.pop();
  return thing;
}

/**
 * Pushes a value of the data: lists, objects and null as what they are, live; nil where there is none. A number beyond
 * doubles is rounded.
 */
export function pushJson(at: Place, value: Json | undefined): 1 {
  const { stack } = at;
  if (value === undefined) stack.pushNil();
  else if (value === null) return pushThing(at, "null", null);
  else if (typeof value === "string") stack.pushText(value);
  else if (typeof value === "boolean") stack.pushBoolean(value);
  else if (typeof value === "number") stack.pushNumber(value);
  else if (value instanceof LosslessNumber) stack.pushNumber(Number(value.value));
  else if (Array.isArray(value)) return pushThing(at, "list", new Items(value));
  else return pushThing(at, "table", value);
  return 1;
}

/**
 * What a script sets as a value. A Lua table becomes an object; inner ones with nothing but integer keys become lists,
 * empty inner ones null; functions are left out. Source: krakend-async §5.21, vector L18. Throws ScriptError.
 * @returns undefined for what is no value: nil, a function, a response
 */
export function jsonAt(at: Place, index: number, depth = 0): Json | undefined {
  const { stack, scene } = at;
  const type = stack.type(index);
  if (type === STRING) {
    const text = stack.text(index);
    scene.charge(text.length);
    return text;
  }
  if (type === NUMBER) return finite(stack.number(index));
  if (type === BOOLEAN) return stack.boolean(index);
  if (type !== TABLE) return undefined;
  const thing = thingAt(at, index);
  if (thing === undefined) return tableAt(at, index, depth);
  if (thing instanceof Items) return thing.toJson();
  return thing instanceof Reply ? undefined : thing;
}

/** JSON has neither infinity nor what is no number. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function tableAt(at: Place, index: number, depth: number): Json {
  if (depth > DEEPEST) throw new ScriptError("a table is nested too deeply, or holds itself");
  const { entries, list } = entriesAt(at, index, depth);
  if (depth > 0 && entries.length === 0) return null;
  if (depth > 0 && list) {
    return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  }
  return Object.fromEntries(entries);
}

/** A key that Go takes for a whole number, be it a text. */
const WHOLE = /^[+-]?\d+$/;

/** The entries of a table, and whether all of its keys are whole numbers. */
function entriesAt(at: Place, index: number, depth: number): { entries: [string, Json][]; list: boolean } {
  const { stack } = at;
  const entries: [string, Json][] = [];
  let list = true;
  stack.reserve(4);
  const table = index < 0 ? stack.top + index + 1 : index;
  stack.pushNil();
  while (stack.raw._lua_next(stack.L, table) !== 0) {
    const key = keyAt(stack, stack.type(-2));
    const value = key === undefined ? undefined : jsonAt(at, -1, depth + 1);
    if (key !== undefined && value !== undefined) {
      at.scene.charge(16);
      list &&= WHOLE.test(key);
      entries.push([key, value]);
    }
    stack.pop();
  }
  return { entries, list };
}

/** The key below the value on top; undefined for one that is no key of JSON. */
function keyAt(stack: Stack, type: number): string | undefined {
  if (type === BOOLEAN) return String(stack.boolean(-2));
  // A number is not made a text in place: that would confuse the walk.
  return type === NUMBER || type === STRING ? stack.text(-2) : undefined;
}

/** Sets a field, be its name `__proto__`. Throws ScriptError where a value would come to hold itself. */
export function put(target: JsonObject, key: string, value: Json): void {
  mustNotHold(value, target);
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Throws ScriptError where a value would come to hold itself. */
export function mustNotHold(value: Json, target: JsonObject | Json[]): void {
  if (holds(value, target)) throw new ScriptError("a table cannot hold itself");
}

function holds(value: Json, target: JsonObject | Json[]): boolean {
  if (value === target) return true;
  if (Array.isArray(value)) return value.some((inner) => holds(inner, target));
  return isObject(value) && Object.values(value).some((inner) => holds(inner, target));
}
