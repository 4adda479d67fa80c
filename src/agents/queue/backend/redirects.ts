import { LinkProblem } from "../../../core/problems.ts";
import { isSensitive } from "../config/veil.ts";
import type { Exchange, ExchangeLayer, Incoming, Outgoing } from "./exchange.ts";
import { first, type Headers, withHeader } from "./headers.ts";
import type { Surroundings } from "./surroundings.ts";

/** `body` sends the body again after 307 and 308; with `follow` those are the answer. */
export type RedirectMode = "follow" | "body" | "none";

/** Requests for one event, the first one included. Source: `defaultCheckRedirect` of Go's net/http. */
const MOST_REQUESTS = 10;
const TO_GET: ReadonlySet<number> = new Set([301, 302, 303]);
const SAME: ReadonlySet<number> = new Set([307, 308]);
/** What is for the first host only. Source: `shouldCopyHeaderOnRedirect` of Go. */
const SENSITIVE = new Set(["Authorization", "Www-Authenticate", "Cookie", "Cookie2", "Proxy-Authorization"]);

/**
 * Follows redirects as the peer does. Outside of the profile `krakend`, other hosts do not get headers that look like
 * keys (`X-Api-Key`) either, nor a Referer, whose query may hold one. Throws LinkProblem for too many.
 * Source: krakend-async §5.14, Go's net/http.
 */
export function redirects(mode: RedirectMode, around: Pick<Surroundings, "log" | "profile">): ExchangeLayer {
  const discreet = !around.profile.lenient;
  if (mode === "none") return (next) => next;
  const warned = new Set<string>();
  const warn = (url: string) => {
    const { host } = new URL(url);
    if (warned.has(host)) return;
    warned.add(host);
    around.log.warn(
      { host },
      "a redirect turned an event into a GET without its body; mend the backend's URL",
    );
  };
  return (next) => async (request, signal) => {
    const answer = await next(request, signal);
    return destination(answer, mode) === undefined
      ? answer
      : new Journey(request, mode, { warn, discreet }).from(answer, next, signal);
  };
}

/** Where an answer sends us, if it does. */
function destination(answer: Incoming, mode: RedirectMode): string | undefined {
  const follows = TO_GET.has(answer.status) || (mode === "body" && SAME.has(answer.status));
  // Not before it is needed: headers are read when somebody asks for them.
  return follows ? first(answer.headers, "Location") || undefined : undefined;
}

interface Rules {
  /** Told where a body is lost. */
  warn(url: string): void;
  /** Whether other hosts get no header that looks like a key, and are not told a URL that may hold one. */
  readonly discreet: boolean;
}

/** The requests that follow one another because of redirects. */
class Journey {
  readonly #origin: Outgoing;
  readonly #mode: RedirectMode;
  readonly #rules: Rules;
  #here: Outgoing;
  #withBody = true;
  /** Once away from the first host, what is sensitive never comes back. */
  #trusted = true;
  /** The Host of a layer is for the host that it was written for. */
  #withHost = true;

  constructor(origin: Outgoing, mode: RedirectMode, rules: Rules) {
    this.#origin = origin;
    this.#here = origin;
    this.#mode = mode;
    this.#rules = rules;
  }

  async from(begin: Incoming, next: Exchange, signal: AbortSignal): Promise<Incoming> {
    let answer = begin;
    for (let made = 1; ; made++) {
      const location = destination(answer, this.#mode);
      if (location === undefined) return answer;
      this.#here = this.#onwards(location, answer.status);
      if (made >= MOST_REQUESTS) throw this.#tooMany(location);
      answer = await next(this.#here, signal);
    }
  }

  #onwards(location: string, status: number): Outgoing {
    const { method, url } = this.#here;
    if (TO_GET.has(status)) this.#dropBody(url);
    if (!URL.canParse(location, url)) {
      throw new LinkProblem(
        "answer_unexpected",
        `${method} ${url}: failed to parse Location header "${location}"`,
      );
    }
    const to = new URL(location, url).href;
    this.#trusted &&= isWithin(new URL(to).hostname, new URL(this.#origin.url).hostname);
    this.#withHost &&= !/^[a-z][a-z\d+.-]*:/i.test(location);
    const gets = TO_GET.has(status) && method !== "HEAD";
    const body = this.#withBody ? this.#origin.body : Buffer.alloc(0);
    return { method: gets ? "GET" : method, url: to, headers: this.#headers(url, to), body };
  }

  #dropBody(url: string): void {
    if (this.#withBody && this.#origin.body.length > 0) this.#rules.warn(url);
    this.#withBody = false;
  }

  #headers(from: string, to: string): Headers {
    let headers = this.#origin.headers;
    const { discreet } = this.#rules;
    if (!this.#trusted) headers = withoutSecrets(headers, discreet);
    if (!this.#withHost) headers = withHeader(headers, "Host", []);
    const downgraded = from.startsWith("https:") && to.startsWith("http:");
    if (downgraded || first(headers, "Referer") || (discreet && !this.#trusted)) return headers;
    return withHeader(headers, "Referer", [from.replace(/^(https?:\/\/)[^/?#]*@/i, "$1")]);
  }

  /** In the words of Go, which names the first method and the last Location. */
  #tooMany(location: string): LinkProblem {
    const { method } = this.#origin;
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    return new LinkProblem("answer_unexpected", `${verb} "${location}": stopped after 10 redirects`, {
      remedy: "The backend redirects in a circle; configure the address that answers.",
    });
  }
}

function withoutSecrets(headers: Headers, discreet: boolean): Headers {
  const isSecret = (name: string) => SENSITIVE.has(name) || (discreet && isSensitive(name));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isSecret(name)));
}

/** Whether a host is another one or below it. */
function isWithin(host: string, parent: string): boolean {
  return host === parent || (!host.includes(":") && host.endsWith(`.${parent}`));
}
