import { headerListOf, headersAt, headersOf } from "./header-functions.ts";
import { NIL } from "./raw.ts";
import { Reply } from "./scene.ts";
import { ScriptError } from "./stack.ts";
import { type HostFunction, type Place, pushJson, pushThing, thingAt } from "./values.ts";

function replyOf(at: Place): Reply {
  const thing = thingAt(at, 1);
  if (thing instanceof Reply) return thing;
  throw new ScriptError("a response is needed: call its functions with a colon");
}

/** `http_response.new` in two steps, between which the script waits, and what it gives. */
export const replyFunctions: Readonly<Record<string, HostFunction>> = {
  ask: (at) => {
    const { stack, scene } = at;
    if (stack.top === 0 || stack.top === 2) throw new ScriptError("need 1, 3 or 4 arguments", 2);
    const url = stack.text(1);
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw new ScriptError(`not a URL: ${url}`, 2);
    const method = stack.top > 1 ? stack.text(2).toUpperCase() : "GET";
    const bytes = stack.top > 2 && stack.type(3) !== NIL ? stack.bytes(3) : Buffer.alloc(0);
    scene.charge(bytes.length);
    const headers = stack.top > 3 ? headersAt(at, 4) : {};
    return pushJson(at, scene.ask({ url, method, body: bytes, headers }));
  },
  answer: (at) => {
    const reply = at.scene.held(at.stack.number(1));
    if (reply === null || reply === undefined)
      throw new ScriptError(at.scene.trouble?.message ?? "no reply", 2);
    return pushThing(at, "reply", reply);
  },
  "reply.statusCode": (at) => pushJson(at, replyOf(at).status),
  "reply.headers": (at) => headersOf(at, { headers: replyOf(at).headers }, false),
  "reply.headerList": (at) => headerListOf(at, { headers: replyOf(at).headers }),
  "reply.body": ({ stack, ...at }) => {
    stack.pushBytes(replyOf({ stack, ...at }).body);
    return 1;
  },
  "reply.close": () => 0,
};
