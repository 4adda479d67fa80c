import type { AnswerConfig } from "../config/answer.ts";
import type { Layer } from "./call.ts";
import { flatmap } from "./flatmap.ts";
import { at, isObject, type JsonObject } from "./json.ts";

/** @returns undefined where everything was taken away, or where there was nothing and it is not asked for by a name */
export type Format = (data: JsonObject | undefined) => JsonObject | undefined;

type Step = (data: JsonObject) => JsonObject | undefined;

/** Cuts data to what is wanted: target, then allow or deny, mapping, group. Source: krakend-async §5.7. */
export function formatter(config: AnswerConfig): Format | undefined {
  const { target, group } = config;
  const inner = config.flatmap.length > 0 ? [flattened(config)] : [filter(config), renamed(config)];
  const steps = inner.filter((step) => step !== undefined);
  if (steps.length === 0 && group === undefined && target === undefined) return undefined;
  const path = target?.split(".");
  return (data) => {
    const begin = path ? targeted(data, path) : data;
    const cut = steps.reduce<JsonObject | undefined>((left, step) => left && step(left), begin);
    return group === undefined ? cut : { [group]: cut ?? null };
  };
}

function flattened({ flatmap: operations }: AnswerConfig): Step {
  return (data) => flatmap(operations, data);
}

function targeted(data: JsonObject | undefined, path: readonly string[]): JsonObject {
  const found = at(data, path);
  return isObject(found) ? found : {};
}

function filter({ allow, deny }: AnswerConfig): Step | undefined {
  if (allow.length > 0) {
    const tree = treeOf(allow);
    return (data) => allowed(data, tree) ?? {};
  }
  if (deny.length === 0) return undefined;
  const tree = treeOf(deny, (there) => there === ALL);
  return (data) => denied(data, tree);
}

/** `ALL` stands for the whole of what lies there. */
const ALL = Symbol("all");
type Tree = typeof ALL | Map<string, Tree>;

/** Paths as a tree. A later path replaces an earlier one that it contradicts, unless `stays` says otherwise. */
function treeOf(paths: readonly string[], stays: (there: Tree) => boolean = () => false): Map<string, Tree> {
  const root = new Map<string, Tree>();
  for (const path of paths) {
    const keys = path.split(".");
    const last = keys.pop()!;
    let here: Map<string, Tree> | undefined = root;
    for (const key of keys) {
      const inner: Tree | undefined = here.get(key);
      if (inner && stays(inner)) {
        here = undefined;
        break;
      }
      const branch: Map<string, Tree> = inner && inner !== ALL ? inner : new Map();
      here.set(key, branch);
      here = branch;
    }
    here?.set(last, ALL);
  }
  return root;
}

/** @returns undefined where nothing is left */
function allowed(data: JsonObject, tree: Map<string, Tree>): JsonObject | undefined {
  const kept: JsonObject = {};
  for (const [key, branch] of tree) {
    if (!Object.hasOwn(data, key)) continue;
    const value = data[key]!;
    if (branch === ALL) kept[key] = value;
    else if (isObject(value)) {
      const inner = allowed(value, branch);
      if (inner) kept[key] = inner;
    }
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function denied(data: JsonObject, tree: Map<string, Tree>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(data)) {
    const branch = tree.get(key);
    if (branch === ALL) continue;
    kept[key] = branch && isObject(value) ? denied(value, branch) : value;
  }
  return kept;
}

/** A field is renamed to what stands before the first dot of its new name. */
function renamed({ mapping }: AnswerConfig): Step | undefined {
  const names = Object.entries(mapping).map(([from, to]) => [from, to.split(".")[0]!] as const);
  if (names.length === 0) return undefined;
  return (data) => {
    const result = { ...data };
    for (const [from, to] of names) {
      if (!Object.hasOwn(result, from)) continue;
      result[to] = result[from]!;
      delete result[from];
    }
    return result;
  };
}

/** The same for a backend that decodes its answer itself. */
export function formatted(config: AnswerConfig): Layer {
  const format = formatter(config);
  if (!format) return (next) => next;
  return (next) => async (call, signal) => {
    const answer = await next(call, signal);
    return answer.problem || !answer.data ? answer : { ...answer, data: format(answer.data) };
  };
}
