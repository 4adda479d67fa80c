import type { Agent, Host } from "../../core/agent.ts";
import { type Life, together } from "../../core/life.ts";
import type { ProbeStep } from "../../core/probe.ts";
import { type Answer, type Asking, answerTo } from "./answer.ts";
import { toBytes, toText } from "./bytes.ts";
import type { Config } from "./config.ts";
import { debugHeaders } from "./debug.ts";
import { Decider } from "./decider.ts";
import type { Decision, PageDecision } from "./decision.ts";
import type { Judge } from "./judge.ts";
import { Memo } from "./memo.ts";
import { Misses } from "./misses.ts";
import { normalHost } from "./normalise.ts";
import { Project } from "./project.ts";
import { projectsOf } from "./projects.ts";
import { readTarget } from "./request-uri.ts";
import { serve } from "./serve.ts";
import { Tally } from "./tally.ts";
import { traefikPath } from "./traefik-path.ts";

/** A redirect that a request would get. */
export interface Redirect {
  /** The HTTP status. */
  readonly status: number;
  /** The rule's target with captured texts filled in, before it is resolved against the request. */
  readonly location: string;
  readonly rule: { readonly type: string; readonly source: string; readonly target: string };
}

/** A page that a request would get. */
export interface PageContent {
  readonly contentType: string;
  readonly content: string;
}

/** Serves redirects and pages decided elsewhere: as a server, to a proxy that asks, or inside somebody's app. */
export class RedirectsAgent implements Agent, Judge {
  readonly config: Config;
  readonly host: Host;
  readonly projects: readonly Project[];
  readonly misses = new Misses();
  readonly #byHost = new Map<string, Project>();
  readonly #everyHost: Project | undefined;
  readonly #decider: Decider;
  readonly #tally: Tally;
  readonly #memo = new Memo();

  constructor(config: Config, host: Host) {
    this.config = config;
    this.host = host;
    this.projects = projectsOf(config).map((project) => new Project(project, config, host));
    for (const project of this.projects)
      for (const name of project.hosts) this.#byHost.set(this.#plain(name), project);
    this.#everyHost = this.projects.find((project) => project.everyHost);
    this.#decider = new Decider(config);
    this.#tally = new Tally(host.metrics, this.projects);
  }

  async run(life: Life): Promise<void> {
    const tasks = this.projects.map((project) => (inner: Life) => project.run(inner));
    await together(life, ...tasks, (inner) => serve(this, inner));
  }

  /**
   * The redirect for a request, or undefined. `host` is the Host header, `uri` path and query. The use of the rule is
   * counted; that nothing matches is not.
   */
  match(host: string, uri: string): Redirect | undefined {
    const decision = this.look(toBytes(host), toBytes(uri));
    if (decision?.kind !== "redirect") return undefined;
    this.#tally.count(decision);
    const { type, source, target } = decision.layer.rules.at(decision.index);
    return { status: decision.code, location: toText(decision.url), rule: { type, source, target } };
  }

  /** The page for a request, or undefined; a redirect for the same request comes before it. Counted as `match`. */
  page(host: string, uri: string): PageContent | undefined {
    const decision = this.look(toBytes(host), toBytes(uri));
    if (decision?.kind !== "page") return undefined;
    this.#tally.count(decision);
    return { contentType: decision.page.type, content: decision.page.page.content };
  }

  /**
   * The whole answer for a request, or undefined if it is none of ours.
   * @param target the request's target as received: in Node `request.url`, one character for each byte
   */
  answer(asking: Asking & { readonly host: string; readonly target: string }): Answer | undefined {
    const target = readTarget(asking.target);
    if (!target) return undefined;
    const host = target.host ?? asking.host;
    const decision = this.decide(host, target.uri);
    if (!decision) return undefined;
    const answer = answerTo(decision, asking, { cacheControl: this.config.cache_control });
    return { ...answer, headers: { ...this.debug(host, target.uri, decision), ...answer.headers } };
  }

  decide(host: string, uri: string): Decision | undefined {
    if (!this.projectFor(host)) return undefined;
    const decision = this.#tally.take((guarded) => this.look(host, uri, guarded));
    this.#tell(host, uri, decision);
    if (!decision) this.misses.missed(host, uri);
    return decision;
  }

  decideQuickly(host: string, uri: string): Exclude<Decision, PageDecision> | "nothing" | undefined {
    const began = this.#tally.begin();
    const decision = this.#recall(host, uri);
    this.#tally.end(began);
    if (decision === "guarded" || decision?.kind === "page") return undefined;
    if (!decision) return "nothing";
    this.#tally.count(decision);
    this.#tell(host, uri, decision);
    return decision;
  }

  #recall(host: string, uri: string): Decision | "guarded" | undefined {
    const project = this.projectFor(host);
    if (!project) return undefined;
    const known = this.#memo.recall(project, host, uri);
    if (known) return known;
    let guarded = false;
    const decision = this.look(host, uri, () => {
      guarded = true;
    });
    if (guarded) return "guarded";
    if (decision) this.#memo.keep(project, host, uri, decision);
    return decision;
  }

  /** One line for each redirect, for those who want it. */
  #tell(host: string, uri: string, decision: Decision | undefined): void {
    if (!this.config.log_redirects || !decision || decision.kind === "page") return;
    const location = decision.kind === "redirect" ? { location: decision.location } : {};
    const asked = { host: toText(host), uri: toText(uri) };
    this.host.log.info({ ...asked, status: decision.code, ...location }, "redirected");
  }

  missed(host: string, uri: string): void {
    if (!this.projectFor(host)) return;
    this.#tally.count(undefined);
    this.misses.missed(host, uri);
  }

  /** As `decide`, without counting. */
  look(host: string, uri: string, guarded?: () => void): Decision | undefined {
    const project = this.projectFor(host);
    return project && this.#decider.decide(project, host, this.compared(uri), guarded);
  }

  /** Path and query as they are compared. */
  compared(uri: string): string {
    return this.config.path_normalization === "traefik" ? traefikPath(uri) : uri;
  }

  debug(host: string, uri: string, decision: Decision | undefined): Record<string, string> {
    const project = this.config.debug ? this.projectFor(host) : undefined;
    return project ? debugHeaders(project.version, host, this.compared(uri), decision) : {};
  }

  /** The project for a Host header: the host up to the first colon, letter case as it is. */
  projectFor(host: string): Project | undefined {
    if (this.#byHost.size === 0) return this.#everyHost;
    const colon = host.indexOf(":");
    return this.#byHost.get(this.#plain(colon < 0 ? host : host.slice(0, colon))) ?? this.#everyHost;
  }

  /** Where hosts are compared in their normal form, so are they here. */
  #plain(host: string): string {
    return this.config.host === "normalised" ? normalHost(host) : host;
  }

  /** Looks for new rules now. */
  refresh(): void {
    for (const { manager } of this.projects) manager?.refresh();
  }

  inspect(): unknown {
    return {
      decisions: this.#tally.counts,
      projects: this.projects.map((project) => ({
        hosts: project.hosts,
        every_host: project.everyHost,
        origin: project.origin,
        version: project.version ?? null,
        checked_at: project.seen === undefined ? null : new Date(project.seen).toISOString(),
        rules: project.layers.reduce((sum, { rules }) => sum + rules.length, 0),
        pages: project.layers.reduce((sum, { pages }) => sum + pages.size, 0),
        bad_rules: project.layers.flatMap(({ bad, rules }) =>
          bad
            .slice(0, 20)
            .map(({ index, problem }) => ({ source: rules.sources[index], reason: problem.message })),
        ),
      })),
    };
  }

  async *probe(): AsyncGenerator<ProbeStep> {
    for (const project of this.projects) yield* project.probe();
  }
}
