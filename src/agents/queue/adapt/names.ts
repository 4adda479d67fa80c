import { isData } from "./convert.ts";
import { Fields, step } from "./fields.ts";
import type { Report } from "./report.ts";

const GITHUB = "github.com/devopsfaith";

/** Long names of components by their short ones; both are accepted. Source: krakend-async §1.4. */
export const LONG: Readonly<Record<string, string>> = {
  "async/amqp": `${GITHUB}/krakend-amqp/agent`,
  "backend/amqp/consumer": `${GITHUB}/krakend-amqp/consume`,
  "backend/amqp/producer": `${GITHUB}/krakend-amqp/produce`,
  "backend/pubsub/subscriber": `${GITHUB}/krakend-pubsub/subscriber`,
  "backend/pubsub/publisher": `${GITHUB}/krakend-pubsub/publisher`,
  "backend/lambda": `${GITHUB}/krakend-lambda`,
  "backend/graphql": `${GITHUB}/krakend/transport/http/client/graphql`,
  "backend/http": `${GITHUB}/krakend/http`,
  proxy: `${GITHUB}/krakend/proxy`,
  "plugin/req-resp-modifier": `${GITHUB}/krakend/proxy/plugin`,
  "plugin/http-client": `${GITHUB}/krakend/transport/http/client/executor`,
  "qos/circuit-breaker": `${GITHUB}/krakend-circuitbreaker/gobreaker`,
  "qos/http-cache": `${GITHUB}/krakend-httpcache`,
  "qos/ratelimit/proxy": `${GITHUB}/krakend-ratelimit/juju/proxy`,
  "auth/client-credentials": `${GITHUB}/krakend-oauth2-clientcredentials`,
  "validation/cel": `${GITHUB}/krakend-cel`,
  "validation/json-schema": `${GITHUB}/krakend-jsonschema`,
  "modifier/martian": `${GITHUB}/krakend-martian`,
  "modifier/lua-proxy": `${GITHUB}/krakend-lua/proxy`,
  "modifier/lua-backend": `${GITHUB}/krakend-lua/proxy/backend`,
  router: "github_com/luraproject/lura/router/gin",
  "telemetry/logging": "github_com/devopsfaith/krakend-gologging",
  "telemetry/logstash": "github_com/devopsfaith/krakend-logstash",
  "telemetry/gelf": "github_com/devopsfaith/krakend-gelf",
  "telemetry/metrics": "github_com/devopsfaith/krakend-metrics",
  "telemetry/influx": "github_com/letgoapp/krakend-influx",
  "telemetry/opencensus": "github_com/devopsfaith/krakend-opencensus",
};

const SHORT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(LONG).map(([short, long]) => [long, short]),
);

/** A key of `extra_config`: what it is by its short name, its value, and where it stands. */
export interface Component {
  readonly name: string;
  readonly value: unknown;
  readonly at: string;
}

/** The components of an `extra_config`, each by its short name. Where both names are given, the short one wins. */
export class Components {
  readonly report: Report;
  readonly #fields: Fields | undefined;
  readonly #asked = new Set<string>();

  constructor(owner: Fields) {
    this.report = owner.report;
    this.#fields = owner.fields("extra_config");
  }

  /** A component, or undefined. Its names are exact, letter case included. */
  find(name: string): Component | undefined {
    const fields = this.#fields;
    this.#asked.add(name);
    const key = [name, LONG[name]].find((each) => each !== undefined && isGiven(fields?.given[each]));
    if (!fields || key === undefined) return undefined;
    return { name, value: fields.given[key], at: step(fields.at, key) };
  }

  /** A component that is an object; any other is remarked on and left out, as the peer does. */
  fields(name: string): Fields | undefined {
    const found = this.find(name);
    if (!found) return undefined;
    const { value, at } = found;
    if (isData(value)) return new Fields(value, at, this.report);
    this.report.note(at, `is no object, so \`${name}\` is left out, as KrakenD does`);
    return undefined;
  }

  /** Those that nobody asked for, comments not included. */
  rest(): Component[] {
    const fields = this.#fields;
    if (!fields) return [];
    return Object.keys(fields.given).flatMap((key) => {
      const name = SHORT[key] ?? key;
      if (this.#asked.has(name) || isComment(key) || !isGiven(fields.given[key])) return [];
      return { name, value: fields.given[key], at: step(fields.at, key) };
    });
  }
}

/** Keys that begin so are the peer's way to write comments. */
export function isComment(key: string): boolean {
  return /^[@$_#]/.test(key);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
