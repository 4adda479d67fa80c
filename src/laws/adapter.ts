import assert from "node:assert/strict";
import { agentName, agentSchema } from "../config/root.ts";
import type { Adapter, AdapterInput, AgentKind } from "../core/agent.ts";
import { ConfigProblem } from "../core/problems.ts";
import { type Law, law, type Make, type Subject } from "./law.ts";

export interface AdapterSubject extends Subject {
  readonly adapter: Adapter;
  /** The kinds that its output may be of. */
  readonly kinds: readonly AgentKind[];
  /** Inputs that the peer takes. Some of them should give notes. */
  readonly inputs: readonly AdapterInput[];
  /** Inputs that the peer refuses. */
  readonly refused?: readonly AdapterInput[];
}

/** The laws of an adapter. */
export function adapterLaws(make: Make<AdapterSubject>): Law[] {
  const about = (name: string, check: (subject: AdapterSubject) => void) =>
    law(`an adapter ${name}`, make, async (subject) => check(subject));
  return [
    about("makes the same of the same input, and leaves the input alone", ({ adapter, inputs }) => {
      for (const input of inputs) {
        const before = structuredClone(input);
        const first = adapter.adapt(frozen(structuredClone(input)));
        // Neither the process's environment nor what it made before may play a part.
        assert.deepEqual(adapter.adapt(frozen(structuredClone(input))), first);
        assert.deepEqual(input, before);
      }
    }),
    about("makes what our configuration takes", ({ adapter, inputs, kinds }) => {
      for (const input of inputs) {
        const { agents } = adapter.adapt(input);
        assert.notDeepEqual(agents, {}, "there have to be agents");
        for (const [name, agent] of Object.entries(agents)) {
          assert.ok(agentName.safeParse(name).success, `"${name}" is no name`);
          const kind = kinds.find((each) => each.kind === agent["kind"]);
          assert.ok(kind, `there is no kind "${agent["kind"]}"`);
          const parsed = agentSchema(kind).safeParse(agent);
          assert.deepEqual(parsed.error?.issues ?? [], [], `${name} has to fit its schema`);
        }
      }
    }),
    about("names in each note the place in the input that it is about", ({ adapter, inputs }) => {
      for (const input of inputs) {
        for (const { at, message } of adapter.adapt(input).notes) {
          assert.ok(message.length > 0, "a note has to say something");
          assert.ok(isPlace(input, at), `"${at}" is no place in the input`);
        }
      }
    }),
    about("refuses what is not its peer's as a mistake of the configuration", ({ adapter, refused = [] }) => {
      for (const input of refused) assert.throws(() => adapter.adapt(input), ConfigProblem);
    }),
    about("has a name for the command line, and finds nothing in an empty environment", ({ adapter }) => {
      assert.match(adapter.name, /^[a-z][a-z0-9-]*$/);
      assert.notEqual(adapter.summary, "");
      assert.ok(!adapter.detect?.({}), "it must not run without being asked to");
    }),
  ];
}

/**
 * A variable of the environment, or a path in the document: `endpoints.0.backend` or `$.endpoints[0].backend`; a key
 * with dots in it stands in quotes: `$.extra["a.b"]`.
 */
function isPlace({ env, document }: AdapterInput, at: string): boolean {
  if (env[at] !== undefined) return true;
  if (document === undefined) return false;
  const steps = at.replace(/^\$/, "").matchAll(/\["([^"]+)"\]|\[(\w+)\]|([^.[\]]+)/g);
  let value: unknown = document;
  for (const [, quoted, index, plain] of steps) {
    const step = (quoted ?? index ?? plain)!;
    if (value === null || typeof value !== "object" || !(step in value)) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return true;
}

function frozen<T>(value: T): T {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
