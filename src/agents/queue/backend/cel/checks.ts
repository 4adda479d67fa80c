import { ConfigProblem } from "../../../../core/problems.ts";
import type { Surroundings } from "../surroundings.ts";
import { compile, type Expression } from "./expression.ts";
import { environment, standard } from "./library.ts";
import { variablesIn } from "./words.ts";

/** The checks of one layer: before the call, and after it. */
export interface Checks {
  readonly before: readonly Expression[];
  readonly after: readonly Expression[];
}

const TEXTS = "map<string, string>";
const LISTS = "map<string, list<string>>";
const ANY = "map<string, dyn>";

/** Source: krakend-async §5.12. */
const variables = {
  req_method: "string",
  req_path: "string",
  req_params: TEXTS,
  req_headers: LISTS,
  req_querystring: LISTS,
  resp_completed: "bool",
  resp_metadata_status: "int",
  resp_metadata_headers: LISTS,
  resp_data: ANY,
  now: "string",
  JWT: ANY,
};

const like = environment(variables);
const withEvent = environment({ ...variables, event: ANY });

type Told = Pick<Surroundings, "profile" | "log">;

/** What runs in which phase, and what is left out. Throws a ConfigProblem where a bad check is not left out. */
export function checksOf(texts: readonly string[], around: Told, place: string): Checks {
  return around.profile.lenient ? lenient(texts, around, place) : strict(texts, place);
}

/**
 * As the peer does: a check runs before the call if it has `req` in it anywhere, after it if it has `resp`, in both
 * phases with both, and never without either. One that does not even parse takes all others with it.
 */
function lenient(texts: readonly string[], around: Told, place: string): Checks {
  const warn = (expression: string, reason: string, left: string) =>
    around.log.warn({ place, expression, reason }, left);
  const compiled = new Map<string, Expression>();
  for (const text of texts) {
    if (!/req|resp/.test(text)) {
      warn(text, "it names neither req nor resp", "a check is never run");
      continue;
    }
    const made = compile(like, text, standard);
    if (!("fault" in made)) compiled.set(text, made);
    else if (made.fault === "type") warn(text, made.reason, "a check is left out");
    else {
      warn(text, made.reason, "all checks are left out because of one");
      return { before: [], after: [] };
    }
  }
  const having = (key: string) =>
    texts.filter((text) => text.includes(key)).flatMap((text) => compiled.get(text) ?? []);
  return { before: having("req"), after: having("resp") };
}

/**
 * A check runs after the call if it uses a variable of the answer, and then sees those of the request as well;
 * all others run before it. Nothing is left out.
 */
function strict(texts: readonly string[], place: string): Checks {
  const mistakes: { at: string; message: string }[] = [];
  const before: Expression[] = [];
  const after: Expression[] = [];
  for (const [index, text] of texts.entries()) {
    const made = compile(withEvent, text);
    if ("fault" in made) mistakes.push({ at: `${place}[${index}]`, message: made.reason });
    else if (made.type !== "bool" && made.type !== "dyn") {
      mistakes.push({ at: `${place}[${index}]`, message: `gives ${made.type}, not true or false` });
    } else if ([...variablesIn(text)].some((name) => name.startsWith("resp_"))) after.push(made);
    else before.push(made);
  }
  if (mistakes.length > 0) {
    const listed = mistakes.map(({ at, message }) => `${at}: ${message}`).join("; ");
    throw new ConfigProblem("config_invalid", `checks that cannot be used: ${listed}`, { mistakes });
  }
  return { before, after };
}
