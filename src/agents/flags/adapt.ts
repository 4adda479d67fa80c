import type { Adapted, Adapter, AdapterInput } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { Options } from "./peer-options.ts";
import { Reading } from "./peer-reading.ts";

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
    const read = new Reading(input);
    const agent = new Adaption(read).agent();
    const { mistakes, notes } = read;
    if (mistakes.length === 0) return { agents: { flags: agent }, notes };
    const message = mistakes.map((mistake) => `${mistake.at}: ${mistake.message}`).join("\n");
    throw new ConfigProblem("config_invalid", message, { mistakes });
  },
};

type Part = Record<string, unknown>;

/** From the peer's options to ours, part by part. */
class Adaption {
  readonly #read: Reading;

  constructor(read: Reading) {
    this.#read = read;
  }

  agent(): Part {
    const key = this.#read.needed("ApiKey");
    const isManual = this.#mode() === "manual";
    this.#noteRest();
    return {
      kind: "flags",
      listen: this.#listen(),
      ...this.#hosts(),
      from: isManual ? this.#manual() : this.#auto(key),
      key: this.#read.text("AdminApiKey") ?? key,
      ...this.#insights(isManual),
      ...this.#store(),
      ...this.#backup(),
      token_expiry: `${this.#read.number("Streaming:TokenExpirySeconds", 30)}s`,
      ...this.#limits(),
      ...this.#cors(),
      ...this.#ofrep(),
      ...this.#chain(),
      ...this.#stale(),
    };
  }

  #mode(): "auto" | "manual" {
    const mode = this.#read.text("Mode") ?? "auto";
    if (mode === "manual" || mode === "offline") return "manual";
    if (mode !== "auto" && mode !== "agent") this.#read.wrong("Mode", `"${mode}" is neither auto nor manual`);
    return "auto";
  }

  #auto(key: string): Part {
    const url = this.#read.uri("StreamingUri", true) ?? "";
    const resync = this.#read.number("FullResyncSeconds", 900);
    const polling = this.#read.flag("UpstreamPollingFallback", true);
    const secrets = this.#read.list("Environments");
    const more = { resync: `${resync}s`, ...(!polling && { polling }) };
    if (secrets.length === 0) return { featbit: { url, key, agent: this.#read.needed("AgentId"), ...more } };
    const environments = secrets.map((name) => ({
      server: this.#read.needed(`${name}:ServerSecret`),
      ...this.#given("client", this.#read.text(`${name}:ClientSecret`)),
    }));
    return { featbit: { url, environments, ...more } };
  }

  #manual(): Part {
    const file = this.#read.text("BootstrapFile");
    if (this.#read.text("Redis:Layout") === "server") return { redis: this.#redis() };
    return file === undefined ? { push: {} } : { file };
  }

  #insights(isManual: boolean): Part {
    const url = this.#read.uri("EventUri", false) ?? this.#read.text("StreamingUri")?.replace(/^ws/i, "http");
    if (!this.#read.flag("ForwardEvents", true)) return {};
    if (url === undefined) {
      if (isManual && this.#read.text("Mode") !== undefined)
        this.#read.note(
          "Mode",
          "EventUri is not set: insights are taken and dropped, where the peer would not start",
        );
      return {};
    }
    const window = `${this.#read.number("Events:FlushSeconds", 5)}s`;
    const items = this.#read.number("Events:MaxBatch", 500);
    return {
      insights: {
        to: { featbit: { url: url.replace(/\/+$/, "") } },
        ...this.#anonymise(),
        batch: { items, window },
      },
    };
  }

  #anonymise(): Part {
    const user = this.#read.choice("Privacy:UserKey", ["keep", "hmac", "drop"]);
    const name = this.#read.choice("Privacy:Name", ["keep", "drop"]);
    const allow = this.#read.text("Privacy:AllowProperties");
    const salt = this.#read.text("Privacy:Salt");
    if (user === undefined && name === undefined && allow === undefined) return {};
    if (user === "hmac" && salt === undefined)
      this.#read.wrong("Privacy:Salt", "is needed for Privacy__UserKey=hmac");
    const keep = allow === undefined || allow === "*" ? "*" : allow.split(",").map((each) => each.trim());
    return {
      anonymise: { user: user ?? "keep", ...this.#given("salt", salt), name: name ?? "keep", keep },
    };
  }

  #store(): Part {
    const store = this.#read.choice("Store", ["memory", "redis"]);
    if (store !== "redis" || this.#read.text("Redis:Layout") === "server") return {};
    const prefix = this.#read.text("Redis:KeyPrefix");
    const single = this.#read.flag("Redis:SingleWriter", false);
    return {
      store: {
        redis: { ...this.#redis(), ...this.#given("prefix", prefix), ...(single && { single_writer: true }) },
      },
    };
  }

  #redis(): Part {
    const given = this.#read.needed("Redis:ConnectionString");
    // `host:port,password=…` is how .NET's client writes it.
    const [node = "", ...words] = given.split(",");
    const inline = words.map((word) => word.split("=")).find(([name]) => name?.trim() === "password")?.[1];
    const url = /^(?:rediss?|unix):/.test(given) ? given : `redis://${node}`;
    return { url, ...this.#given("password", this.#read.text("Redis:Password") ?? inline) };
  }

  #backup(): Part {
    const path = this.#read.text("BackupFile");
    return path === undefined ? {} : { backup: { path, keep: this.#read.number("BackupFile:Keep", 3) } };
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
    if (this.#read.text(name) === undefined) return {};
    const number = this.#read.number(name, 0);
    return { [to]: unit === "" ? number : `${number}${unit}` };
  }

  #cors(): Part {
    const origins = this.#read
      .text("Cors:AllowedOrigins")
      ?.split(";")
      .map((each) => each.trim());
    const credentials = this.#read.flag("Cors:AllowCredentials", false);
    if (credentials && (origins ?? ["*"]).includes("*"))
      this.#read.wrong(
        "Cors:AllowCredentials",
        "is not allowed for every origin; name them in Cors__AllowedOrigins",
      );
    if (origins === undefined && !credentials) return {};
    return { cors: { ...this.#given("origins", origins), ...(credentials && { credentials }) } };
  }

  #ofrep(): Part {
    const enabled = this.#read.flag("Ofrep:Enabled", true);
    const track = this.#read.flag("Ofrep:TrackEvaluations", false);
    return enabled && !track ? {} : { ofrep: { ...(!enabled && { enabled }), ...(track && { track }) } };
  }

  #chain(): Part {
    const keys = this.#read
      .text("Chain:Keys")
      ?.split(",")
      .map((key) => key.trim());
    return keys === undefined ? {} : { chain: { keys } };
  }

  #stale(): Part {
    const seconds = this.#read.number("Readiness:MaxStaleSeconds", 0);
    return seconds > 0 ? { max_stale: `${seconds}s` } : {};
  }

  #hosts(): Part {
    const hosts = (this.#read.text("AllowedHosts") ?? "*").split(";").filter((host) => host !== "");
    if (hosts.includes("*") || hosts.length === 0) return {};
    const plain = hosts.filter((host) => !host.includes("*"));
    if (plain.length < hosts.length)
      this.#read.note(
        "AllowedHosts",
        "patterns with a * inside have no counterpart, and every host is answered",
      );
    return plain.length < hosts.length ? {} : { hosts: plain };
  }

  #listen(): string {
    const [first = "", ...others] = (this.#read.text("ASPNETCORE_URLS") ?? "http://+:6100").split(";");
    if (others.length > 0)
      this.#read.note("ASPNETCORE_URLS", `only the first address is listened on: ${first}`);
    const match = /^(https?):\/\/([^/]*?)(?::(\d+))?\/?$/i.exec(first);
    if (!match) this.#read.wrong("ASPNETCORE_URLS", `"${first}" is no address such as http://+:6100`);
    const [, scheme = "http", host = "", port] = match ?? [];
    if (scheme.toLowerCase() === "https")
      this.#read.wrong("ASPNETCORE_URLS", "https has no counterpart; put a proxy in front");
    const every = ["+", "*", "0.0.0.0", "[::]", ""];
    return `${every.includes(host) ? "" : host}:${port ?? "80"}`;
  }

  /** What means nothing here. */
  #noteRest(): void {
    for (const [name, why] of Object.entries(WITHOUT))
      if (this.#read.text(name) !== undefined) this.#read.note(name, why);
  }

  #given(name: string, value: unknown): Part {
    return value === undefined ? {} : { [name]: value };
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
