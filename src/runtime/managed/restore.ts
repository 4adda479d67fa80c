import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, within } from "../../config/json-schema.ts";
import type { Path } from "../../config/places.ts";
import type { Mistake } from "../../core/problems.ts";
import { MASK } from "../../core/secret.ts";

/** What was there before: as it was shown, and as it is. */
interface Old {
  readonly masked: unknown;
  readonly clear: unknown;
}

export interface Restored {
  readonly value: unknown;
  /** Masks that stand for nothing. */
  readonly mistakes: readonly Mistake[];
}

/** Puts secrets back where `***` was sent in their place. */
export function restored(schema: JsonSchema, sent: unknown, old: Old | undefined): Restored {
  const restoring = new Restoring();
  const value = restoring.value([schema], sent, old, []);
  return { value, mistakes: restoring.mistakes };
}

const WRITE_AGAIN = `\`${MASK}\` stands for the secret that was there, and there is none here: write the secret`;
const SAME_PLACE = "a secret in a URL is kept for the same user and host alone: write it again";

class Restoring {
  readonly mistakes: Mistake[] = [];

  value(schemas: readonly JsonSchema[], sent: unknown, old: Old | undefined, path: Path): unknown {
    if (typeof sent === "string") return this.#text(schemas, sent, old, path);
    if (sent === null || typeof sent !== "object") return sent;
    const inner = (step: string | number, each: unknown, before: Old | undefined) => {
      const said = schemas.flatMap((one) => within(one, step, sent));
      return this.value(said, each, before, [...path, step]);
    };
    if (Array.isArray(sent)) return sent.map((each, index) => inner(index, each, partner(sent, index, old)));
    return Object.fromEntries(
      Object.entries(sent).map(([key, each]) => [key, inner(key, each, inside(old, key))]),
    );
  }

  #text(schemas: readonly JsonSchema[], sent: string, old: Old | undefined, path: Path): string {
    if (!sent.includes(MASK)) return sent;
    if (old && sent === old.masked && typeof old.clear === "string") return old.clear;
    if (sent === MASK) {
      if (schemas.some(({ title }) => title === "secret")) this.#say(path, WRITE_AGAIN);
      return sent;
    }
    return this.#url(sent, old, path);
  }

  /** A URL that was changed keeps its password and keys, as long as they go to whom they went before. */
  #url(sent: string, old: Old | undefined, path: Path): string {
    const known = typeof old?.clear === "string" ? old.clear : "";
    const keep = (whole: string, found: string | undefined) => {
      if (found === undefined) this.#say(path, known === "" ? WRITE_AGAIN : SAME_PLACE);
      return found ?? whole;
    };
    const withPasswords = sent.replace(LOGIN, (whole, user: string, password: string, host: string) => {
      if (password !== MASK) return whole;
      const logins = [...known.matchAll(LOGIN)];
      const found = logins.find(([, oldUser, , oldHost]) => oldUser === user && oldHost === host);
      return keep(whole, found && `${user}:${found[2]}@${host}`);
    });
    return withPasswords.replace(KEY, (whole, name: string) => {
      const keys = hostOf(sent) === hostOf(known) ? [...known.matchAll(ANY_KEY)] : [];
      const found = keys.find(([, oldName]) => oldName === name);
      return keep(whole, found && `${name}${found[2]}`);
    });
  }

  #say(path: Path, message: string): void {
    this.mistakes.push({ at: path.join("."), message });
  }
}

/** Scheme and user, password, host and port. */
const LOGIN = /(\w:\/\/[^\s:/?#@]*):([^\s/?#]*)@([^\s/?#,;]*)/g;

/** A parameter of a query that was masked, and any. */
const KEY = /([?&][\w.-]+=)\*\*\*(?=[&#\s"'<>]|$)/g;
const ANY_KEY = /([?&][\w.-]+=)([^\s&#"'<>]+)/g;

/** Where a URL leads to; nothing for one that is only a path. */
function hostOf(text: string): string | undefined {
  return /\w:\/\/(?:[^\s/?#]*@)?([^\s/?#]*)/.exec(text)?.[1];
}

function inside(old: Old | undefined, key: string | number): Old | undefined {
  const at = (value: unknown): unknown =>
    value !== null && typeof value === "object" && Object.hasOwn(value, key)
      ? (value as Record<string | number, unknown>)[key]
      : undefined;
  return old && { masked: at(old.masked), clear: at(old.clear) };
}

/** Which item of the old list an item of the new one was: lists are sorted and shortened, and secrets look alike. */
function partner(sent: readonly unknown[], index: number, old: Old | undefined): Old | undefined {
  if (!old || !Array.isArray(old.masked)) return undefined;
  const alike = old.masked.flatMap((each, at) => (isDeepStrictEqual(each, sent[index]) ? [at] : []));
  if (old.masked.length === sent.length && (alike.length === 0 || alike.includes(index))) {
    return inside(old, index);
  }
  return alike.length === 1 ? inside(old, alike[0]!) : undefined;
}
