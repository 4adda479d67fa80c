import { readdirSync, readFileSync } from "node:fs";
import { parse } from "../config/document.ts";
import { parseEnvFile } from "../config/env-file.ts";
import type { Env } from "../config/expand.ts";
import { refusal } from "../config/load.ts";
import type { Path, Places } from "../config/places.ts";
import { hint } from "../config/suggest.ts";
import type { Adapted, Adapter, AgentKind, Files, Note } from "../core/agent.ts";
import { ConfigProblem, type Mistake, messageOf } from "../core/problems.ts";

/** A peer, and the file with its configuration, if it has one. */
export interface Peer {
  readonly adapter: Adapter;
  /** A file of variables where its name ends in `.env`, else the peer's own. */
  readonly file?: string | undefined;
}

/** Told now and then how far a long adaption is: what is being done, and of what size. */
export type Told = (doing: string) => void;

export function adaptersOf(kinds: readonly AgentKind[]): readonly Adapter[] {
  return kinds.flatMap(({ adapters = [] }) => adapters);
}

/** Throws ConfigProblem for a name that is none. */
export function adapterOf(kinds: readonly AgentKind[], name: string): Adapter {
  const adapters = adaptersOf(kinds);
  const adapter = adapters.find((each) => each.name === name);
  if (adapter) return adapter;
  const known = adapters.map((each) => each.name);
  throw new ConfigProblem("config_invalid", `there is no adapter "${name}"${hint(name, known)}`);
}

/**
 * `krakend krakend.json leek leek.env hapgent`: each peer, followed by its files. A peer with several files counts as
 * often; a file that is called like a peer is written with its folder, `./leek`. Throws ConfigProblem.
 */
export function peersOf(kinds: readonly AgentKind[], words: readonly string[]): Peer[] {
  const names = new Set(adaptersOf(kinds).map(({ name }) => name));
  const peers: { adapter: Adapter; files: string[] }[] = [];
  for (const [index, word] of words.entries()) {
    if (index === 0 || names.has(word)) peers.push({ adapter: adapterOf(kinds, word), files: [] });
    else peers.at(-1)!.files.push(word);
  }
  return peers.flatMap(({ adapter, files: named }) =>
    named.length === 0 ? [{ adapter }] : named.map((file) => ({ adapter, file })),
  );
}

/** What an adapter makes of a file and the environment; its notes in the order of their places. Throws ConfigProblem. */
export function adaptFrom(
  adapter: Adapter,
  file: string | undefined,
  env: Env,
  told: Told = () => {},
): Adapted {
  if (file === undefined) return tidied(adapter.adapt({ env }));
  told(`reading ${file}`);
  const given = files.read(file);
  if (/(?:^|[./])env$/.test(file))
    return tidied(adapter.adapt({ env: { ...env, ...variables(given, file) } }));
  const text = adapter.render?.(given, file, env, files) ?? given;
  told(`parsing ${file}, ${Math.ceil(text.length / 1_000)} kB`);
  // What looks like a reference in a peer's file is something of the peer's, such as a group in a Traefik regex.
  const { data, places, mistakes } = parse(text, file, undefined);
  if (mistakes.length > 0) throw refusal(mistakes);
  told(`adapting ${file}`);
  return tidied(adapter.adapt({ document: data, env }), places);
}

/** Several peers as one: an agent whose name is taken gets the peer's name before its own, with a note. */
export function adaptAll(peers: readonly Peer[], env: Env, told?: Told): Adapted {
  const [first, ...others] = peers;
  if (first && others.length === 0) return adaptFrom(first.adapter, first.file, env, told);
  const agents = new Map<string, Adapted["agents"][string]>();
  const notes: Note[] = [];
  const titles: string[] = [];
  const instances: string[] = [];
  const adapted = peers.map((peer) => attempt(() => adaptFrom(peer.adapter, peer.file, env, told)));
  const mistakes = adapted.flatMap((each, index) =>
    each instanceof ConfigProblem ? placed(each, peers[index]!) : [],
  );
  if (mistakes.length > 0) throw refusal(mistakes);
  for (const [index, each] of adapted.entries()) {
    if (each instanceof ConfigProblem) continue;
    const peer = peers[index]!;
    notes.push(...each.notes.map((note) => ({ ...note, at: placeIn(peer, note.at) })));
    if (each.title !== undefined) titles.push(each.title);
    instances.push(each.instance ?? peer.adapter.name);
    for (const [name, agent] of Object.entries(each.agents)) {
      const fitting = freeName(name, peer.adapter.name, agents);
      agents.set(fitting, agent);
      if (fitting !== name) {
        const message = `is called ${fitting} here, as another agent has that name`;
        notes.push({ at: placeIn(peer, name), message });
      }
    }
  }
  return {
    agents: Object.fromEntries(agents),
    notes: unique(notes),
    ...(titles[0] !== undefined && { title: titles[0] }),
    instance: [...new Set(instances)].join("+"),
  };
}

/** The files of this machine, as adapters ask for them. */
const files: Files = {
  read: (path) => onDisk(path, () => readFileSync(path, "utf8")),
  list: (folder) => onDisk(folder, () => readdirSync(folder)),
};

function onDisk<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ConfigProblem("config_unreadable", `cannot read ${path}: ${messageOf(error)}`);
  }
}

function variables(text: string, file: string): Env {
  const { env, mistakes } = parseEnvFile(text, file);
  if (mistakes.length > 0) throw refusal(mistakes);
  return env;
}

function attempt(adapt: () => Adapted): Adapted | ConfigProblem {
  try {
    return adapt();
  } catch (error) {
    if (error instanceof ConfigProblem) return error;
    throw error;
  }
}

/** All mistakes of a peer, each with the file it is in. */
function placed(problem: ConfigProblem, peer: Peer): Mistake[] {
  const { mistakes, message } = problem;
  if (mistakes.length === 0) return [{ at: peer.file ?? peer.adapter.name, message }];
  return mistakes.map(({ at, message: text }) => ({ at: placeIn(peer, at), message: text }));
}

/** A place in one input among several; one that names the file itself needs no more. */
function placeIn({ adapter, file }: Peer, at: string): string {
  return file !== undefined && at.startsWith(file) ? at : `${file ?? adapter.name} ${at}`;
}

function freeName(name: string, peer: string, taken: ReadonlyMap<string, unknown>): string {
  if (!taken.has(name)) return name;
  const longer = `${peer}-${name}`.slice(0, 60);
  let free = longer;
  for (let next = 2; taken.has(free); next++) free = `${longer}-${next}`;
  return free;
}

/** Each note once, those on the document in the order in which it says what they are about, others after them. */
function tidied(adapted: Adapted, places?: Places): Adapted {
  const rank = new Map(adapted.notes.map((note) => [note, rankOf(note, places)]));
  const notes = [...adapted.notes].sort((a, b) => {
    const [one, other] = [rank.get(a)!, rank.get(b)!];
    return one[0] - other[0] || one[1] - other[1];
  });
  return { ...adapted, notes: unique(notes) };
}

const LAST = [Number.POSITIVE_INFINITY, 0] as const;

/** Line and column of what a note is about. */
function rankOf({ at }: Note, places: Places | undefined): readonly [number, number] {
  const place = at.startsWith("$") ? places?.ofKey(pathOf(at)) : undefined;
  const [, line, column] = /:(\d+):(\d+)$/.exec(place ?? "") ?? [];
  return line === undefined ? LAST : [Number(line), Number(column)];
}

/** `$.extra["a.b"].list[3]` as steps. */
function pathOf(at: string): Path {
  const steps = at.slice(1).matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, index, plain]) =>
    index === undefined ? (quoted ?? plain)! : Number(index),
  );
}

function unique(notes: readonly Note[]): Note[] {
  const seen = new Set<string>();
  return notes.filter(({ at, message }) => {
    const key = `${at}\n${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
