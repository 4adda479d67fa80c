import { requestFunctions, responseFunctions } from "./messages.ts";
import { UPVALUE } from "./raw.ts";
import { replyFunctions } from "./replies.ts";
import { ScriptError, type Stack } from "./stack.ts";
import { tableFunctions } from "./tables.ts";
import type { HostFunction, Place } from "./values.ts";

const API = { ...requestFunctions, ...responseFunctions, ...replyFunctions, ...tableFunctions };

/**
 * Pushes a table with the functions of the API, and some more. One C function stands for all of them; which one is
 * meant, its upvalue tells.
 * @param place where they are called: whose script is running
 */
export function pushFunctions(
  stack: Stack,
  more: Readonly<Record<string, HostFunction>>,
  place: () => Place,
): void {
  const { raw, L } = stack;
  const functions = Object.entries({ ...API, ...more });
  const call = raw.addFunction((thread) => called(stack, thread!, functions, place()), "ii");
  raw._lua_createtable(L, 0, functions.length);
  functions.forEach(([name], i) => {
    stack.pushText(name);
    raw._lua_pushlightuserdata(L, i);
    raw._lua_pushcclosure(L, call, 1);
    raw._lua_rawset(L, -3);
  });
}

function called(stack: Stack, L: number, functions: readonly [string, HostFunction][], place: Place): number {
  stack.L = L;
  const run = functions[stack.raw._lua_touserdata(L, UPVALUE)]?.[1];
  try {
    return run!(place);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    stack.raw._luaL_where(L, error.level);
    stack.pushText(error.message);
  }
  stack.raw._lua_concat(L, 2);
  // Leaves through an exception of WebAssembly's own, which nobody on the way may catch.
  return stack.raw._lua_error(L);
}
