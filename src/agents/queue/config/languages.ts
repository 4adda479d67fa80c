import { silent } from "../../../core/log.ts";
import { messageOf } from "../../../core/problems.ts";
import { checksOf } from "../backend/cel/checks.ts";
import { compileSchema } from "../backend/schema/compile.ts";
import { filter } from "../filter.ts";
import { type Profile, profiles } from "../profile.ts";
import { transform } from "../transform.ts";
import type { PlacedMistake } from "./mistakes.ts";

type Path = PlacedMistake["path"];

/** What of a configuration is written in other languages. */
export interface Texts {
  readonly profile: keyof typeof profiles;
  readonly filter?: string | undefined;
  readonly transform?: string | undefined;
  readonly schema?: unknown;
  readonly cel?: readonly string[] | undefined;
  readonly to: readonly { readonly cel?: readonly string[] | undefined }[];
}

/** Texts in other languages that do not compile, each with its place: `check` shall find what a start would refuse. */
export function languageMistakes({ profile: name, to, ...texts }: Texts): PlacedMistake[] {
  const profile: Profile = profiles[name];
  return [
    ...tried(["filter"], texts.filter, filter),
    ...tried(["transform"], texts.transform, transform),
    // What the peer leaves out with a message, is left out.
    ...(profile.lenient ? [] : tried(["schema"], texts.schema, compileSchema)),
    ...checks(["cel"], texts.cel, profile),
    ...to.flatMap(({ cel }, index) => checks(["to", index, "cel"], cel, profile)),
  ];
}

function checks(path: Path, texts: readonly string[] = [], profile: Profile): PlacedMistake[] {
  if (profile.lenient) return [];
  return texts.flatMap((text, index) =>
    tried([...path, index], text, (one) => checksOf([one], { profile, log: silent }, "cel")),
  );
}

function tried<T>(path: Path, given: T | undefined, compile: (given: T) => unknown): PlacedMistake[] {
  if (given === undefined) return [];
  try {
    compile(given);
    return [];
  } catch (error) {
    return [{ path, message: messageOf(error) }];
  }
}
