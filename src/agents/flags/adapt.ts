import type { Adapted, Adapter, AdapterInput, Note } from "../../core/agent.ts";
import { ConfigProblem, type Mistake } from "../../core/problems.ts";
import { Options } from "./peer-options.ts";

/** The FeatBit Agent, which is configured by the environment, with `__` or `:` between the parts of a name. */
export const featbit: Adapter = {
  name: "featbit",
  summary: "the FeatBit Agent's environment variables, or its appsettings.json",
  detect: (env) => {
    const options = new Options(env, undefined);
    const known = options.text("ApiKey") !== undefined;
    return (
      known && (options.text("StreamingUri") ?? options.text("Mode") ?? options.text("AgentId")) !== undefined
    );
  },
  adapt: (input: AdapterInput): Adapted => {
    const adaption = new Adaption(new Options(input.env, input.document));
    const agent = adaption.agent();
    if (adaption.mistakes.length > 0) {
      const message = adaption.mistakes.map((mistake) => `${mistake.at}: ${mistake.message}`).join("\n");
      throw new ConfigProblem("config_invalid", message, { mistakes: adaption.mistakes });
    }
    return { agents: { flags: agent }, notes: adaption.notes };
  },
};

type Part = Record<string, unknown>;

/** Reads every option, gathers all mistakes at once, and notes what is different here. */
class Adaption {
  readonly notes: Note[] = [];
  readonly mistakes: Mistake[] = [];
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  agent(): Part {
    const key = this.#needed("ApiKey");
    const isManual = this.#mode() === "manual";
    this.#noteRest();
    return {
      kind: "flags",
      listen: this.#listen(),
      ...this.#hosts(),
      from: isManual ? this.#manual() : this.#auto(key),
      key: this.#text("AdminApiKey") ?? key,
      ...this.#insights(isManual),
      ...this.#store(),
      ...this.#backup(),
      token_expiry: `${this.#number("Streaming:TokenExpirySeconds", 30)}s`,
      ...this.#limits(),
      ...this.#cors(),
      ...this.#ofrep(),
      ...this.#chain(),
      ...this.#stale(),
    };
  }

  #mode(): "auto" | "manual" {
    const mode = this.#text("Mode") ?? "auto";
    if (mode === "manual" || mode === "offline") return "manual";
    if (mode !== "auto" && mode !== "agent") this.#wrong("Mode", `"${mode}" is neither auto nor manual`);
    return "auto";
  }

  #auto(key: string): Part {
    const url = this.#uri("StreamingUri", true) ?? "";
    const resync = this.#number("FullResyncSeconds", 900);
    const polling = this.#flag("UpstreamPollingFallback", true);
    const secrets = this.#options.list("Environments");
    const more = { resync: `${resync}s`, ...(!polling && { polling }) };
    if (secrets.length === 0) return { featbit: { url, key, agent: this.#needed("AgentId"), ...more } };
    const environments = secrets.map((name) => ({
      server: this.#needed(`${name}:ServerSecret`),
      ...this.#given("client", this.#text(`${name}:ClientSecret`)),
    }));
    return { featbit: { url, environments, ...more } };
  }

  #manual(): Part {
    const file = this.#text("BootstrapFile");
    if (this.#text("Redis:Layout") === "server") return { redis: this.#redis() };
    return file === undefined ? { push: {} } : { file };
  }

  #insights(isManual: boolean): Part {
    const url = this.#uri("EventUri", false) ?? this.#text("StreamingUri")?.replace(/^ws/i, "http");
    if (!this.#flag("ForwardEvents", true)) return {};
    if (url === undefined) {
      if (isManual && this.#text("Mode") !== undefined)
        this.#note(
          "Mode",
          "EventUri is not set: insights are taken and dropped, where the peer would not start",
        );
      return {};
    }
    const window = `${this.#number("Events:FlushSeconds", 5)}s`;
    const items = this.#number("Events:MaxBatch", 500);
    return {
      insights: {
        to: { featbit: { url: url.replace(/\/+$/, "") } },
        ...this.#anonymise(),
        batch: { items, window },
      },
    };
  }

  #anonymise(): Part {
    const user = this.#choice("Privacy:UserKey", ["keep", "hmac", "drop"]);
    const name = this.#choice("Privacy:Name", ["keep", "drop"]);
    const allow = this.#text("Privacy:AllowProperties");
    const salt = this.#text("Privacy:Salt");
    if (user === undefined && name === undefined && allow === undefined) return {};
    if (user === "hmac" && salt === undefined)
      this.#wrong("Privacy:Salt", "is needed for Privacy__UserKey=hmac");
    const keep = allow === undefined || allow === "*" ? "*" : allow.split(",").map((each) => each.trim());
    return {
      anonymise: { user: user ?? "keep", ...this.#given("salt", salt), name: name ?? "keep", keep },
    };
  }

  #store(): Part {
    const store = this.#choice("Store", ["memory", "redis"]);
    if (store !== "redis" || this.#text("Redis:Layout") === "server") return {};
    const prefix = this.#text("Redis:KeyPrefix");
    const single = this.#flag("Redis:SingleWriter", false);
    return {
      store: {
        redis: { ...this.#redis(), ...this.#given("prefix", prefix), ...(single && { single_writer: true }) },
      },
    };
  }

  #redis(): Part {
    const given = this.#needed("Redis:ConnectionString");
    // `host:port,password=…` is how .NET's client writes it.
    const [node = "", ...words] = given.split(",");
    const inline = words.map((word) => word.split("=")).find(([name]) => name?.trim() === "password")?.[1];
    const url = /^(?:rediss?|unix):/.test(given) ? given : `redis://${node}`;
    return { url, ...this.#given("password", this.#text("Redis:Password") ?? inline) };
  }

  #backup(): Part {
    const path = this.#text("BackupFile");
    return path === undefined ? {} : { backup: { path, keep: this.#number("BackupFile:Keep", 3) } };
  }

  #limits(): Part {
    const limits = {
      ...this.#amount("connections", "Limits:MaxConnections", ""),
      ...this.#amount("connections_per_environment", "Limits:MaxConnectionsPerEnv", ""),
      ...this.#amount("message", "Limits:MaxMessageBytes", "B"),
      ...this.#amount("buffered", "Limits:MaxBufferedBytes", "B"),
      ...this.#amount("age", "MaxClientConnectionSeconds", "s"),
    };
    return Object.keys(limits).length === 0 ? {} : { limits };
  }

  #amount(to: string, name: string, unit: string): Part {
    if (this.#text(name) === undefined) return {};
    const number = this.#number(name, 0);
    return { [to]: unit === "" ? number : `${number}${unit}` };
  }

  #cors(): Part {
    const origins = this.#text("Cors:AllowedOrigins")
      ?.split(";")
      .map((each) => each.trim());
    const credentials = this.#flag("Cors:AllowCredentials", false);
    if (credentials && (origins ?? ["*"]).includes("*"))
      this.#wrong(
        "Cors:AllowCredentials",
        "is not allowed for every origin; name them in Cors__AllowedOrigins",
      );
    if (origins === undefined && !credentials) return {};
    return { cors: { ...this.#given("origins", origins), ...(credentials && { credentials }) } };
  }

  #ofrep(): Part {
    const enabled = this.#flag("Ofrep:Enabled", true);
    const track = this.#flag("Ofrep:TrackEvaluations", false);
    return enabled && !track ? {} : { ofrep: { ...(!enabled && { enabled }), ...(track && { track }) } };
  }

  #chain(): Part {
    const keys = this.#text("Chain:Keys")
      ?.split(",")
      .map((key) => key.trim());
    return keys === undefined ? {} : { chain: { keys } };
  }

  #stale(): Part {
    const seconds = this.#number("Readiness:MaxStaleSeconds", 0);
    return seconds > 0 ? { max_stale: `${seconds}s` } : {};
  }

  #hosts(): Part {
    const hosts = (this.#text("AllowedHosts") ?? "*").split(";").filter((host) => host !== "");
    if (hosts.includes("*") || hosts.length === 0) return {};
    const plain = hosts.filter((host) => !host.includes("*"));
    if (plain.length < hosts.length)
      this.#note("AllowedHosts", "patterns with a * inside have no counterpart, and every host is answered");
    return plain.length < hosts.length ? {} : { hosts: plain };
  }

  #listen(): string {
    const [first = "", ...others] = (this.#text("ASPNETCORE_URLS") ?? "http://+:6100").split(";");
    if (others.length > 0) this.#note("ASPNETCORE_URLS", `only the first address is listened on: ${first}`);
    const match = /^(https?):\/\/([^/]*?)(?::(\d+))?\/?$/i.exec(first);
    if (!match) this.#wrong("ASPNETCORE_URLS", `"${first}" is no address such as http://+:6100`);
    const [, scheme = "http", host = "", port] = match ?? [];
    if (scheme.toLowerCase() === "https")
      this.#wrong("ASPNETCORE_URLS", "https has no counterpart; put a proxy in front");
    const every = ["+", "*", "0.0.0.0", "[::]", ""];
    return `${every.includes(host) ? "" : host}:${port ?? "80"}`;
  }

  /** What means nothing here. */
  #noteRest(): void {
    for (const [name, why] of Object.entries(WITHOUT))
      if (this.#text(name) !== undefined) this.#note(name, why);
  }

  #needed(name: string): string {
    const value = this.#text(name);
    if (value === undefined) this.#wrong(name, "is not set");
    return value ?? "";
  }

  #uri(name: string, isNeeded: boolean): string | undefined {
    const value = isNeeded ? this.#needed(name) : this.#text(name);
    if (!value) return undefined;
    if (!/^(?:wss?|https?):\/\/[^/\s]+/i.test(value)) this.#wrong(name, "is no absolute address");
    return value.replace(/\/+$/, "");
  }

  #choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.#text(name);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    this.#wrong(name, `"${value}" is none of ${choices.join(", ")}`);
    return undefined;
  }

  #flag(name: string, fallback: boolean): boolean {
    const value = this.#text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value !== "true" && value !== "false") this.#wrong(name, "is neither true nor false");
    return value === "true";
  }

  #number(name: string, fallback: number): number {
    const value = this.#text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,10}$/.test(value)) this.#wrong(name, "is no whole number");
    return Number(value) || 0;
  }

  #text(name: string): string | undefined {
    return this.#options.text(name);
  }

  #given(name: string, value: unknown): Part {
    return value === undefined ? {} : { [name]: value };
  }

  #note(at: string, message: string): void {
    this.notes.push({ at: this.#options.place(at), message });
  }

  #wrong(at: string, message: string): void {
    this.mistakes.push({ at: this.#options.place(at), message });
  }
}

/** Options without a counterpart, and what holds instead. */
const WITHOUT: Readonly<Record<string, string>> = {
  "Streaming:TrackClientHostName": "names of clients are not looked up here",
  "Events:SpoolDir": "insights are kept below Outrider's state folder",
  "Events:BufferSize": "insights are kept on disk, up to `insights.spool` bytes",
  "Cors:AllowedHeaders": "whatever a browser asks for is allowed",
  "Cors:AllowedMethods": "whatever a browser asks for is allowed",
  "Metrics:Enabled": "metrics stand at Outrider's admin address, `/metrics`",
  "Logging:LogLevel:Default": "the log's level is that of the process, `log: { level: … }`",
};
