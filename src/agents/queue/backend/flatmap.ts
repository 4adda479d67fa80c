import { Failure, isObject, type Json, type JsonObject } from "./json.ts";

/** One operation on the data: `move` and `append` take a source and a destination, `del` any number of paths. */
export interface FlatmapOperation {
  readonly type: string;
  /** Dotted paths; `*` is any label at its level. */
  readonly args: readonly string[];
}

type Path = readonly string[];

interface Edge {
  label: string;
  readonly to: Node;
}

/** A list and an object differ only in how they are written down again: labels of a list are forgotten. */
interface Node {
  edges: Edge[];
  isList: boolean;
  /** What it is without edges. A container that lost its edges is null, one that was empty stays empty. */
  value: Json;
}

/**
 * Applies the operations in order to a tree of labelled edges made from the data. Unknown operations, and those with
 * too few arguments, are skipped; what is not found is left alone. Never throws.
 * @returns undefined when nothing is left, which the peer calls null data
 * Source: krakend-async §5.8.
 */
export function flatmap(operations: readonly FlatmapOperation[], data: JsonObject): JsonObject | undefined {
  const root = nodeOf(data);
  for (const { type, args } of operations) apply(root, type, args.map(pathOf));
  const result = expanded(root);
  return isObject(result) ? result : undefined;
}

function apply(root: Node, type: string, args: readonly Path[]): void {
  const [source, destination] = args;
  if (type === "del") for (const path of args) del(root, path);
  if (source === undefined || destination === undefined) return;
  if (type === "move") move(root, source, destination);
  if (type === "append") append(root, source, destination);
}

const pathOf = (dotted: string): Path => dotted.split(".");

function nodeOf(value: Json): Node {
  const node: Node = { edges: [], isList: Array.isArray(value), value: null };
  fill(node, value);
  return node;
}

function fill(node: Node, value: Json): void {
  node.isList = Array.isArray(value);
  node.edges =
    Array.isArray(value) || (isObject(value) && !(value instanceof Failure))
      ? Object.entries(value).map(([label, inner]) => ({ label, to: nodeOf(inner) }))
      : [];
  node.value = node.edges.length > 0 ? null : value;
}

function expanded(node: Node): Json {
  if (node.edges.length === 0) return node.value;
  if (node.isList) return node.edges.map(({ to }) => expanded(to));
  // The later of two equal labels wins.
  return Object.fromEntries(node.edges.map(({ label, to }) => [label, expanded(to)]));
}

const edgeOf = (node: Node, label: string) => node.edges.find((edge) => edge.label === label);

function matching(node: Node, step: string): readonly Edge[] {
  if (step === "*") return node.edges;
  const edge = edgeOf(node, step);
  return edge ? [edge] : [];
}

function del(root: Node, path: Path): void {
  for (const { node } of reached(root, path.slice(0, -1))) {
    const gone = new Set(matching(node, path.at(-1)!));
    node.edges = node.edges.filter((edge) => !gone.has(edge));
  }
}

interface Reached {
  readonly node: Node;
  /** The labels that led there. */
  readonly labels: Path;
}

function reached(root: Node, path: Path): readonly Reached[] {
  let here: readonly Reached[] = [{ node: root, labels: [] }];
  for (const step of path) {
    here = here.flatMap(({ node, labels }) =>
      matching(node, step).map(({ label, to }) => ({ node: to, labels: [...labels, label] })),
    );
  }
  return here;
}

function move(root: Node, source: Path, destination: Path): void {
  const label = destination.at(-1)!;
  const found = reached(root, source.slice(0, -1))
    .map((from) => ({ from, edge: edgeOf(from.node, source.at(-1)!) }))
    .filter((each): each is { from: Reached; edge: Edge } => each.edge !== undefined);
  if (source.length === destination.length) {
    for (const { edge } of found) edge.label = label;
    return;
  }
  for (const { from, edge } of found) from.node.edges = from.node.edges.filter((other) => other !== edge);
  const deeper = destination.length > source.length;
  for (const { from, edge } of found) {
    const under = deeper
      ? made(from.node, destination.slice(source.length - 1, -1))
      : lastFound(root, destination.slice(0, -1), from.labels);
    under.edges.push({ label, to: edge.to });
  }
}

/** Follows the steps from the root as far as they exist; `*` is what the source was called at this depth. */
function lastFound(root: Node, steps: Path, labels: Path): Node {
  let here = root;
  for (const [depth, step] of steps.entries()) {
    const next = edgeOf(here, step === "*" ? labels[depth]! : step);
    if (!next) return here;
    here = next.to;
  }
  return here;
}

/** Follows the steps, and makes those that are missing. */
function made(from: Node, steps: Path): Node {
  let here = from;
  for (const label of steps) {
    const next = edgeOf(here, label)?.to ?? nodeOf(null);
    if (!edgeOf(here, label)) here.edges.push({ label, to: next });
    here = next;
  }
  return here;
}

function append(root: Node, source: Path, destination: Path): void {
  const more = gathered(root, source);
  const list = gathered(root, destination);
  if (!Array.isArray(more) || !Array.isArray(list) || destination.includes("*")) return;
  del(root, source);
  fill(made(root, destination), [...list, ...more]);
}

/** The value at a path; `*` makes a list of what lies behind each label. */
function gathered(node: Node, [step, ...rest]: Path): Json {
  if (step === undefined) return expanded(node);
  if (step === "*" && node.edges.length > 0) return node.edges.map(({ to }) => gathered(to, rest));
  const edge = edgeOf(node, step);
  return edge ? gathered(edge.to, rest) : null;
}
