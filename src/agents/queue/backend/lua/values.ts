import { isObject, type Json, type JsonObject, LosslessNumber } from "../json.ts";
import { BOOLEAN, FUNCTION, HANDLE, NUMBER, STRING, TABLE } from "./raw.ts";
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

/** Pushes a value of the data: lists and objects as what they are, live. A number beyond doubles is rounded. */
export function pushJson(at: Place, value: Json | undefined): 1 {
  const { stack } = at;
  if (value === null || value === undefined) stack.pushNil();
  else if (typeof value === "string") stack.pushText(value);
  else if (typeof value === "boolean") stack.pushBoolean(value);
  else if (typeof value === "number") stack.pushNumber(value);
  else if (value instanceof LosslessNumber) stack.pushNumber(Number(value.value));
  else return pushThing(at, Array.isArray(value) ? "list" : "table", value);
  return 1;
}

/**
 * What a script sets as a value. A Lua table becomes an object; inner ones with nothing but integer keys become lists,
 * empty inner ones null; functions are left out. Source: krakend-async §5.21, vector L18. Throws ScriptError.
 */
export function jsonAt(at: Place, index: number, depth = 0): Json {
  const { stack, scene } = at;
  const type = stack.type(index);
  if (type === STRING) {
    const text = stack.text(index);
    scene.charge(text.length);
    return text;
  }
  if (type === NUMBER) return finite(stack.number(index));
  if (type === BOOLEAN) return stack.boolean(index);
  if (type !== TABLE) return null;
  const thing = thingAt(at, index);
  if (thing !== undefined) return thing instanceof Reply ? null : thing;
  return tableAt(at, index, depth);
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

/** The entries of a table, and whether all of its keys are numbers. */
function entriesAt(at: Place, index: number, depth: number): { entries: [string, Json][]; list: boolean } {
  const { stack } = at;
  const entries: [string, Json][] = [];
  let list = true;
  stack.reserve(4);
  const table = index < 0 ? stack.top + index + 1 : index;
  stack.pushNil();
  while (stack.raw._lua_next(stack.L, table) !== 0) {
    const key = stack.type(-2);
    list &&= key === NUMBER;
    const known = key === NUMBER || key === STRING;
    if (known && stack.type(-1) !== FUNCTION) {
      at.scene.charge(16);
      entries.push([keyAt(stack, key), jsonAt(at, -1, depth + 1)]);
    }
    stack.pop();
  }
  return { entries, list };
}

/** The key below the value on top. A number is not made a text in place: that would confuse the walk. */
function keyAt(stack: Stack, type: number): string {
  return type === NUMBER ? String(stack.number(-2)) : stack.text(-2);
}

/** Sets a field, be its name `__proto__`. Throws ScriptError where a value would come to hold itself. */
export function put(target: JsonObject | Json[], key: string | number, value: Json): void {
  if (holds(value, target)) throw new ScriptError("a table cannot hold itself");
  if (Array.isArray(target) && typeof key === "number") {
    while (target.length < key) target.push(null);
  }
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function holds(value: Json, target: JsonObject | Json[]): boolean {
  if (value === target) return true;
  if (Array.isArray(value)) return value.some((inner) => holds(inner, target));
  return isObject(value) && Object.values(value).some((inner) => holds(inner, target));
}
