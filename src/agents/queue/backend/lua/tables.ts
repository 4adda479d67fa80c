import { Failure, type JsonObject } from "../json.ts";
import { Items } from "./items.ts";
import { Reply } from "./scene.ts";
import { ScriptError } from "./stack.ts";
import {
  type HostFunction,
  jsonAt,
  mustNotHold,
  type Place,
  pushJson,
  pushThing,
  put,
  thingAt,
} from "./values.ts";

const LONGEST_LIST = 1_000_000;

/** `luaTable`, `luaList` and `luaNil`: the live data of an answer, or new values. Source: krakend-async §5.21. */
export const tableFunctions: Readonly<Record<string, HostFunction>> = {
  newTable: (at) => pushThing(at, "table", {}),
  newList: (at) => pushThing(at, "list", new Items()),
  newNull: (at) => pushThing(at, "null", null),

  "table.get": (at) => {
    const [table, key] = [tableAt(at, 2), at.stack.text(2)];
    const value = Object.hasOwn(table, key) ? table[key] : undefined;
    return pushJson(at, value instanceof Failure ? told(value, key) : value);
  },
  "table.set": (at) => {
    const [table, key, value] = [tableAt(at, 3), at.stack.text(2), jsonAt(at, 3)];
    if (value !== undefined) put(table, key, value);
    return 0;
  },
  "table.len": (at) => pushJson(at, Object.keys(tableAt(at)).length),
  "table.del": (at) => {
    delete tableAt(at, 2)[at.stack.text(2)];
    return 0;
  },
  "table.keys": (at) => pushThing(at, "list", new Items(Object.keys(tableAt(at)).toSorted())),
  "table.keyExists": (at) => pushJson(at, Object.hasOwn(tableAt(at, 2), at.stack.text(2))),

  "list.get": (at) => {
    const [list, index] = [listAt(at, 2), indexAt(at)];
    return pushJson(at, index < 0 ? undefined : list.get(index));
  },
  "list.set": (at) => {
    const [list, index, value] = [listAt(at, 3), indexAt(at), jsonAt(at, 3)];
    if (index < 0) return 0;
    if (index >= LONGEST_LIST) throw new ScriptError(`${index} is no index of a list`);
    at.scene.charge(8 * Math.max(1, index - list.length));
    if (value === undefined) list.grow(index);
    else {
      mustNotHold(value, list.held(index) ?? []);
      list.set(index, value);
    }
    return 0;
  },
  "list.len": (at) => pushJson(at, listAt(at).length),
  "list.del": (at) => {
    const [list, index] = [listAt(at, 2), indexAt(at)];
    if (index >= 0) list.remove(index);
    return 0;
  },
};

/** A failure as scripts see it: a copy. Source: `clientErrorToMap` of krakend-lua. */
function told(failure: Failure, key: string): JsonObject {
  return { http_body: "", http_body_encoding: "", ...failure, name: key.replace(/^error_/, "") };
}

/** @param count how many arguments there must be, the object itself included */
function tableAt(at: Place, count = 1): JsonObject {
  const thing = thingAt(at, 1);
  if (thing === undefined || thing === null || thing instanceof Reply || thing instanceof Items)
    throw new ScriptError("a luaTable is needed: call its functions with a colon");
  mustHave(at, count);
  return thing;
}

function listAt(at: Place, count = 1): Items {
  const thing = thingAt(at, 1);
  if (!(thing instanceof Items))
    throw new ScriptError("a luaList is needed: call its functions with a colon");
  mustHave(at, count);
  return thing;
}

function mustHave({ stack }: Place, count: number): void {
  if (count > 1 && stack.top !== count) throw new ScriptError("need arguments");
}

/** Counted from 0; a fraction is cut off. What is below 0 is none, and passed over. */
function indexAt({ stack }: Place): number {
  const index = Math.trunc(stack.number(2));
  return Number.isFinite(index) ? index : -1;
}
