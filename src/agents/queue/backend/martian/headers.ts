import { randomUUID } from "node:crypto";
import { RE2JS } from "re2js";
import { canonical } from "../headers.ts";
import { MessageError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { type Received, Sent } from "./message.ts";
import { filter, filterOnly, type Maker, type Modifier, ofRequest } from "./modifier.ts";

type Message = Sent | Received;

/** Modifiers and filters of headers, by name. */
export const headerModifiers: Readonly<Record<string, Maker>> = {
  "header.Modifier": (fields) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    return both((message) => set(message, name, value));
  },
  "header.Append": (fields) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    return both((message) => add(message, name, value));
  },
  "header.Blacklist": (fields) => {
    const names = fields.texts("names");
    return both((message) => {
      for (const name of names) remove(message, name);
    });
  },
  "header.Copy": (fields) => {
    const [from, to] = [fields.text("from"), fields.text("to")];
    return both((message) => set(message, to, all(message, from)[0] ?? ""));
  },
  "header.Id": (fields) => {
    const name = fields.text("header") || "X-Krakend-Id";
    return { request: (sent) => sent.fields.get(name) === "" && sent.fields.set(name, randomUUID()) };
  },
  "header.Filter": (fields, read) => {
    const [name, value] = [fields.text("name"), fields.text("value")];
    const holds = (message: Message) => all(message, name).includes(value);
    return filter(fields, read, { request: holds, response: holds });
  },
  "header.RegexFilter": (fields, read) => {
    const name = fields.text("header");
    const matches = regexOf(fields);
    return filterOnly(
      fields,
      read,
      ofRequest((sent) => matches(sent.fields.get(name))),
    );
  },
  "stash.Modifier": (fields) => {
    const name = fields.text("headerName");
    if (fields.optionalTexts("scope")?.includes("request") === false)
      throw fields.error('needs scope "request"');
    return {
      request: (sent) => sent.fields.set(name, sent.url.toString()),
      response: ({ fields: own, sent }) => own.set(name, sent.fields.get(name)),
    };
  },
};

/** A test by the field `regex`, in RE2's language. An empty text never matches. Throws BlockError. */
export function regexOf(fields: Fields): (text: string) => boolean {
  const source = fields.text("regex");
  try {
    const regex = RE2JS.compile(source);
    return (text) => text !== "" && regex.matcher(text).find();
  } catch {
    throw fields.error(`"${source}" is no regular expression of RE2`);
  }
}

function both(change: (message: Message) => void): Modifier {
  return { request: change, response: change };
}

/** A response has no Host: it is never found, and setting it does nothing. */
function all(message: Message, name: string): readonly string[] {
  if (canonical(name) !== "Host") return message.fields.all(name);
  return message instanceof Sent && message.host !== "" ? [message.host] : [];
}

function set(message: Message, name: string, value: string): void {
  if (canonical(name) !== "Host") message.fields.set(name, value);
  else if (message instanceof Sent) message.host = value;
}

function add(message: Message, name: string, value: string): void {
  if (canonical(name) !== "Host") message.fields.add(name, value);
  else if (all(message, name).length > 0) throw new MessageError("illegal header multiple: Host");
  else set(message, name, value);
}

function remove(message: Message, name: string): void {
  if (canonical(name) !== "Host") message.fields.delete(name);
  else set(message, name, "");
}
