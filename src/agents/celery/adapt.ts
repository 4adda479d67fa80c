import type { Adapted, Adapter, AdapterInput, Note } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { readSubscriptions } from "./subscription.ts";
import { nameOf, type Subscription } from "./subscription-fields.ts";
import { type Overrides, translated } from "./translate.ts";

const LIST = "LEEK_AGENT_SUBSCRIPTIONS";
/** Where the peer's image keeps its subscriptions. */
const FILE = "/opt/app/conf/subscriptions.json";
/** Where the API is in the peer's own container. */
const LOCAL_API = "http://0.0.0.0:5000";

const yes = (value: string | undefined) => value?.toLowerCase() === "true";

/** The Leek agent: its subscriptions, from the environment or its file, and the variables that bear on them. */
export const leek: Adapter = {
  name: "leek",
  summary: "LEEK_AGENT_SUBSCRIPTIONS and the other variables of the Leek agent, or its subscriptions.json",
  failsWith: 1,
  detect: (env) => Boolean(env[LIST]) || yes(env["LEEK_ENABLE_AGENT"]),
  adapt,
};

function adapt({ document, env }: AdapterInput): Adapted {
  const overrides = overridesOf(env);
  const given = document ?? listed(env[LIST]);
  const fixed =
    given === undefined ? undefined : fixedOf(given, document ? "the file" : LIST, env, overrides);
  const { org, key, api } = overrides;
  const subscriptions = {
    ...(fixed && Object.keys(fixed.agents).length > 0 && { fixed: fixed.agents }),
    ...(given === undefined && { file: env["LEEK_AGENT_SUBSCRIPTIONS_FILE"] || FILE }),
    ...(org !== undefined && { org }),
    ...(key !== undefined && { key, api }),
  };
  return {
    agents: { leek: { kind: "celery", subscriptions } },
    notes: [...(fixed?.notes ?? []), ...ignored(env)],
    instance: "leek",
  };
}

/** Local mode: the API is in the same container, and both know the secret. Source: leek §2.2. */
function overridesOf(env: AdapterInput["env"]): Overrides {
  const local = yes(env["LEEK_ENABLE_API"]) && yes(env["LEEK_ENABLE_AGENT"]);
  const secret = env["LEEK_AGENT_API_SECRET"];
  if (local && !secret) {
    throw wrong("LEEK_AGENT_API_SECRET", "is not set; agent and API in one container need it");
  }
  return {
    ...(!yes(env["LEEK_API_ENABLE_AUTH"] ?? "true") && { org: "mono" }),
    ...(local && { key: secret, api: LOCAL_API }),
  };
}

function listed(text: string | undefined): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not the parser's words, which may show a password.
    throw wrong(LIST, "is no JSON");
  }
}

interface Fixed {
  readonly agents: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
}

/** Bad subscriptions are left out with a note; where none is good, or `LEEK_AGENT_STRICT` is true, nothing starts. */
function fixedOf(list: unknown, place: string, env: AdapterInput["env"], overrides: Overrides): Fixed {
  const { good, mistakes, remarks } = readSubscriptions(list, place);
  const strict = yes(env["LEEK_AGENT_STRICT"]);
  if (mistakes.length > 0 && (strict || good.length === 0)) {
    throw new ConfigProblem(
      "config_invalid",
      `${place}: ${mistakes.map(({ message }) => message).join("; ")}`,
      {
        mistakes,
      },
    );
  }
  // Of a variable there is one place, of a file there are many.
  const noted = (index: number, message: string): Note => ({
    at: place === LIST ? LIST : `$[${index}]`,
    message,
  });
  const places = new Map(good.map((each) => [each, (list as unknown[]).indexOf(each)] as const));
  return {
    agents: Object.fromEntries(good.map((each) => [nameOf(each), translated(each, overrides)])),
    notes: [
      ...mistakes.map(({ index, message }) => noted(index, `left out: ${message}`)),
      ...remarks.map(({ index, message }) => noted(index, message)),
      ...good.filter(isChecked).map((each) => noted(places.get(each)!, `${nameOf(each)}: ${CHECKED}`)),
    ],
  };
}

const CHECKED =
  "the broker's certificate is checked, which the Leek agent did not do; `tls_verify: false` switches it off";

/** Where we look closer than the peer does. */
function isChecked({ broker, tls_verify }: Subscription): boolean {
  return /^(?:amqps|rediss):/.test(String(broker)) && tls_verify !== false;
}

function ignored(env: AdapterInput["env"]): Note[] {
  const why: Readonly<Record<string, string>> = {
    LEEK_AGENT_LOG_LEVEL: "is not carried over: write `log: { level: … }`",
    LEEK_ENABLE_DDTRACE: "is not carried over: there is no tracer",
  };
  const given = Object.entries(why).filter(([name]) => env[name] && env[name] !== "INFO");
  return given.map(([at, message]) => ({ at, message }));
}

function wrong(at: string, why: string): ConfigProblem {
  const message = `${at}: ${why}`;
  return new ConfigProblem("config_invalid", message, { mistakes: [{ at, message }] });
}
