import { parsedQuery, writtenQuery } from "../go-url.ts";
import { headerListOf, headersOf, pushTexts } from "./header-functions.ts";
import { type AnswerDraft, copyOf, type RequestDraft } from "./scene.ts";
import { ScriptError } from "./stack.ts";
import { type HostFunction, type Place, pushJson, pushThing } from "./values.ts";

type TextField = "method" | "path" | "url";

/** `r:method()` gets, `r:method(value)` sets. */
function field(name: TextField): HostFunction {
  return ({ stack, scene }) => {
    if (stack.top > 1) {
      scene.request[name] = stack.text(2);
      return 0;
    }
    stack.pushText(scene.request[name]);
    return 1;
  };
}

/** Gets or sets a body: bytes, which nobody decodes. */
function body({ stack, scene }: Place, draft: { body: Buffer | undefined }): number {
  if (stack.top < 2) {
    stack.pushBytes(draft.body ?? Buffer.alloc(0));
    return 1;
  }
  const bytes = stack.bytes(2);
  scene.charge(bytes.length);
  draft.body = bytes;
  return 0;
}

function params(at: Place, request: RequestDraft): number {
  const { stack } = at;
  if (stack.top < 2) return pushTexts(at, request.params);
  const name = stack.text(2);
  if (stack.top < 3) return pushJson(at, Object.hasOwn(request.params, name) ? request.params[name] : "");
  request.params = { ...request.params, [name]: stack.text(3) };
  return 0;
}

/** `request.load()` and what it gives. Source: krakend-async §5.21. */
export const requestFunctions: Readonly<Record<string, HostFunction>> = {
  numberText: ({ stack }) => {
    stack.pushText(stack.text(1));
    return 1;
  },
  loadRequest: (at) => pushThing(at, "request"),
  "request.method": field("method"),
  "request.path": field("path"),
  "request.url": field("url"),
  "request.query": ({ stack, scene: { request } }) => {
    if (stack.top > 1) {
      request.query = Object.fromEntries(parsedQuery(stack.text(2)));
      return 0;
    }
    stack.pushText(writtenQuery(new Map(Object.entries(request.query))));
    return 1;
  },
  "request.params": (at) => params(at, at.scene.request),
  "request.headers": (at) => headersOf(at, at.scene.request, false),
  "request.headerList": (at) => headerListOf(at, at.scene.request),
  "request.body": (at) => body(at, at.scene.request),
};

function answerOf({ scene }: Place): AnswerDraft {
  if (scene.response) return scene.response;
  throw new ScriptError("there is no response yet");
}

/** `response.load()` and what it gives. */
export const responseFunctions: Readonly<Record<string, HostFunction>> = {
  loadResponse: (at) => {
    answerOf(at);
    return pushThing(at, "response");
  },
  "response.isComplete": (at) => {
    if (at.stack.top < 2) return pushJson(at, answerOf(at).complete);
    answerOf(at).complete = at.stack.boolean(2);
    return 0;
  },
  "response.statusCode": (at) => {
    if (at.stack.top < 2) return pushJson(at, answerOf(at).status);
    answerOf(at).status = Math.trunc(at.stack.number(2));
    return 0;
  },
  "response.data": (at) => {
    const answer = answerOf(at);
    answer.data ??= copyOf(answer.given ?? {});
    return pushThing(at, "table", answer.data);
  },
  "response.headers": (at) => headersOf(at, answerOf(at), true),
  "response.headerList": (at) => headerListOf(at, answerOf(at)),
  "response.body": (at) => body(at, answerOf(at)),
};
