import { isObject, type Json, type JsonObject } from "../json.ts";
import { Reply } from "./scene.ts";
import { ScriptError } from "./stack.ts";
import { type HostFunction, jsonAt, type Place, pushJson, pushThing, put, thingAt } from "./values.ts";

const LONGEST_LIST = 1_000_000;

/** `luaTable`, `luaList` and `luaNil`: the live data of an answer, or new values. Source: krakend-async §5.21. */
export const tableFunctions: Readonly<Record<string, HostFunction>> = {
  newTable: (at) => pushThing(at, "table", {}),
  newList: (at) => pushThing(at, "list", []),
  newNull: (at) => pushThing(at, "null", null),

  "table.get": (at) => {
    const table = tableAt(at);
    const key = at.stack.text(2);
    return pushJson(at, Object.hasOwn(table, key) ? table[key] : null);
  },
  "table.set": (at) => {
    put(tableAt(at), at.stack.text(2), jsonAt(at, 3));
    return 0;
  },
  "table.len": (at) => pushJson(at, Object.keys(tableAt(at)).length),
  "table.del": (at) => {
    delete tableAt(at)[at.stack.text(2)];
    return 0;
  },
  "table.keys": (at) => pushThing(at, "list", Object.keys(tableAt(at)).toSorted()),
  "table.keyExists": (at) => pushJson(at, Object.hasOwn(tableAt(at), at.stack.text(2))),

  "list.get": (at) => pushJson(at, listAt(at)[indexAt(at)]),
  "list.set": (at) => {
    const index = indexAt(at);
    at.scene.charge(8 * Math.max(1, index - listAt(at).length));
    put(listAt(at), index, jsonAt(at, 3));
    return 0;
  },
  "list.len": (at) => pushJson(at, listAt(at).length),
  "list.del": (at) => {
    listAt(at).splice(indexAt(at), 1);
    return 0;
  },
};

function tableAt(at: Place): JsonObject {
  const thing = thingAt(at, 1);
  if (!(thing instanceof Reply) && isObject(thing)) return thing;
  throw new ScriptError("a luaTable is needed: call its functions with a colon");
}

function listAt(at: Place): Json[] {
  const thing = thingAt(at, 1);
  if (Array.isArray(thing)) return thing;
  throw new ScriptError("a luaList is needed: call its functions with a colon");
}

/** Counted from 0. */
function indexAt({ stack }: Place): number {
  const index = stack.number(2);
  if (!Number.isInteger(index) || index < 0 || index >= LONGEST_LIST) {
    throw new ScriptError(`${index} is no index of a list`);
  }
  return index;
}
