import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificates } from "./certificates.ts";
import { folder } from "./folder.ts";
import { find } from "./needs.ts";
import { freePort } from "./ports.ts";
import type { Tidy } from "./tidy.ts";
import { until } from "./until.ts";

/** What the broker knows of a queue. */
export interface QueueReport {
  readonly ready: number;
  /** Delivered, and not settled. */
  readonly unacked: number;
  readonly consumers: number;
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly auto_delete: boolean;
  readonly type: string;
}

export interface RabbitMqOptions {
  /** A TLS listener as well, which insists on a client certificate; `EXTERNAL` takes its common name for the user. */
  readonly tls?: Certificates;
  /** More lines for rabbitmq.conf. */
  readonly config?: readonly string[];
}

/** Debian's wrapper in the search path insists on its own user and folders; this is what it wraps. */
const inPackage = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const server = existsSync(inPackage) ? inPackage : (find("rabbitmq-server") ?? inPackage);

/** A real RabbitMQ of our own on loopback, with its own node name, port mapper, cookie and data. */
export class RabbitMq {
  readonly port: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  readonly #home: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #node: string;
  readonly #cookie: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(home: string, ports: Record<"amqp" | "tls" | "dist" | "epmd", number>) {
    this.port = ports.amqp;
    this.tlsPort = ports.tls;
    this.#home = home;
    this.#node = `outrider-${ports.amqp}@localhost`;
    this.#cookie = randomBytes(12).toString("hex");
    this.#env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      LANG: "C.UTF-8",
      ERL_EPMD_PORT: String(ports.epmd),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      // Has the script replace itself by the broker, so that the pid we know is the broker's.
      RUNNING_UNDER_SYSTEMD: "true",
      RABBITMQ_NODENAME: this.#node,
      RABBITMQ_DIST_PORT: String(ports.dist),
      RABBITMQ_MNESIA_BASE: join(home, "mnesia"),
      RABBITMQ_LOG_BASE: join(home, "log"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(home, "enabled_plugins"),
      RABBITMQ_CONFIG_FILE: join(home, "rabbitmq.conf"),
      RABBITMQ_CONF_ENV_FILE: join(home, "none"),
      // The port mapper is started by us. What one test does needs no second scheduler, nor waiting by spinning.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
    };
    writeFileSync(join(home, ".erlang.cookie"), this.#cookie, { mode: 0o400 });
  }

  /** @param vhost encoded as in a URL; default `/` */
  url(vhost = "%2F", user = "guest:guest"): string {
    return `amqp://${user}@127.0.0.1:${this.port}/${vhost}`;
  }

  /** Starts the broker with the data that it has, and waits until it takes connections. */
  async start(): Promise<void> {
    const child = spawn(server, { env: this.#env, cwd: this.#home, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        if (said.length < 100_000) said += chunk.toString();
        if (/Server startup complete/.test(said)) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`RabbitMQ ended with ${code}: ${said}`)));
    });
  }

  /**
   * Has the broker write down what has been declared. One that is killed soon after its start may come back without a
   * durable queue, though it had confirmed it and the messages in it: its database rewrites its log then (seen with
   * 3.10, once in forty times). A test that kills it to see what becomes of messages says this first.
   */
  async writeDown(): Promise<void> {
    await this.evaluate("begin dumped = mnesia:dump_log(), ok end");
  }

  /** Ends the broker at once, as `kill -9` does. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#ended;
  }

  /** Evaluates Erlang in the broker; its value has to be something that JSON can hold, with texts as binaries. */
  async evaluate(expression: string): Promise<unknown> {
    const printed = await this.#call(
      `base64:encode_to_string(iolist_to_binary(rabbit_json:encode((${expression})))).`,
    );
    const text = /"(.*)"/s.exec(printed)?.[1];
    if (text === undefined) throw new Error(`RabbitMQ answered ${printed} to ${expression}`);
    return JSON.parse(Buffer.from(text, "base64").toString());
  }

  /** Every queue of a vhost, by its name. */
  async queues(vhost = "/"): Promise<Map<string, QueueReport>> {
    const keys =
      "name, messages_ready, messages_unacknowledged, consumers, durable, exclusive, auto_delete, type";
    const rows = (await this.evaluate(
      `[begin {_, _, _, Name} = proplists:get_value(name, Q), maps:put(name, Name, maps:remove(name, maps:from_list(Q))) end
        || Q <- rabbit_amqqueue:info_all(<<"${vhost}">>, [${keys}])]`,
    )) as Record<string, string | number | boolean>[];
    return new Map(
      rows.map(({ name, messages_ready, messages_unacknowledged, type, ...more }) => [
        String(name),
        {
          ...(more as Pick<QueueReport, "consumers" | "durable" | "exclusive" | "auto_delete">),
          ready: Number(messages_ready),
          unacked: Number(messages_unacknowledged),
          type: String(type).replace(/^rabbit_(\w+)_queue$/, "$1"),
        },
      ]),
    );
  }

  /** A queue, which has to be there. */
  async queue(name: string, vhost = "/"): Promise<QueueReport> {
    const queue = (await this.queues(vhost)).get(name);
    if (!queue) throw new Error(`RabbitMQ has no queue ${name}`);
    return queue;
  }

  /** How many connections clients have. */
  async connections(): Promise<number> {
    return Number(await this.evaluate("length(rabbit_networking:connections())"));
  }

  /** The process in the broker that serves each connection, by the name that its client gave it. */
  async connectionsByName(): Promise<Map<string, string>> {
    const rows = (await this.evaluate(
      `[begin [{_, P}] = rabbit_reader:info(Pid, [client_properties]),
          N = case lists:keyfind(<<"connection_name">>, 1, P) of {_, _, Name} -> Name; false -> <<>> end,
          #{name => N, pid => list_to_binary(pid_to_list(Pid))} end || Pid <- rabbit_networking:connections()]`,
    )) as { name: string; pid: string }[];
    return new Map(rows.map(({ name, pid }) => [name, pid]));
  }

  /** Has the broker end every connection (reply code 320). */
  async closeConnections(reason = "by the test"): Promise<void> {
    await this.evaluate(
      `begin rabbit_networking:close_connections(rabbit_networking:connections(), <<"${reason}">>), ok end`,
    );
  }

  /** Raises the memory alarm, or takes it back. Connections that publish are blocked while it stands. */
  async alarm(raised: boolean): Promise<void> {
    await this.evaluate(
      `begin vm_memory_monitor:set_vm_memory_high_watermark(${raised ? "0.0" : "0.4"}), ok end`,
    );
    await until(`the alarm is ${raised}`, async () => {
      return (await this.evaluate("length(rabbit_alarm:get_alarms()) > 0")) === raised;
    });
  }

  async addVhost(name: string): Promise<void> {
    await this.evaluate(`begin rabbit_vhost:add(<<"${name}">>, <<"tests">>), ok end`);
  }

  async addUser(
    name: string,
    password: string,
    vhost = "/",
    permissions = [".*", ".*", ".*"],
  ): Promise<void> {
    const [configure, write, read] = permissions.map((pattern) => `<<"${pattern}">>`);
    await this.evaluate(`begin
      rabbit_auth_backend_internal:add_user(<<"${name}">>, <<"${password}">>, <<"tests">>),
      rabbit_auth_backend_internal:set_permissions(<<"${name}">>, <<"${vhost}">>, ${configure}, ${write}, ${read}, <<"tests">>),
      ok end`);
  }

  /** @param definition such as `{ "max-length": 3 }` */
  async setPolicy(
    name: string,
    pattern: string,
    definition: Record<string, unknown>,
    vhost = "/",
  ): Promise<void> {
    const json = JSON.stringify(definition).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
    await this.evaluate(`begin
      ok = rabbit_policy:parse_set(<<"${vhost}">>, <<"${name}">>, <<"${pattern}">>, <<"${json}">>, 0, <<"all">>, <<"tests">>),
      ok end`);
  }

  #call(expression: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const args = ["-n", this.#node, "-c", this.#cookie, "-e"];
      const child = spawn(find("erl_call") ?? "erl_call", args, { env: this.#env });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
      }
      child.once("error", reject);
      child.once("close", (code) => {
        if (code === 0 && said.startsWith("{ok,")) resolve(said);
        else reject(new Error(`RabbitMQ answered ${code} ${said} to ${expression}`));
      });
      child.stdin.end(`${expression}\n`);
    });
  }
}

/** What tests ask for with `describeWith`. */
export const rabbitMq = "rabbitmq-server";

/** Starts a RabbitMQ. It is ended in the end, with all that belongs to it. */
export async function startRabbitMq(tidy: Tidy, options: RabbitMqOptions = {}): Promise<RabbitMq> {
  const home = await folder(tidy);
  for (const name of ["mnesia", "log"]) mkdirSync(join(home, name));
  const ports = {
    amqp: await freePort(),
    tls: options.tls ? await freePort() : 0,
    dist: await freePort(),
    epmd: await freePort(),
  };
  const plugins = options.tls ? "rabbitmq_auth_mechanism_ssl" : "";
  writeFileSync(join(home, "enabled_plugins"), `[${plugins}].\n`);
  writeFileSync(join(home, "rabbitmq.conf"), configuration(ports, options).join("\n"));
  await startPortMapper(tidy, ports.epmd);
  const broker = new RabbitMq(home, ports);
  tidy.later(() => broker.kill());
  await broker.start();
  return broker;
}

function configuration(
  ports: Record<"amqp" | "tls", number>,
  { tls, config = [] }: RabbitMqOptions,
): string[] {
  const plain = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    "log.console = true",
    "log.console.level = info",
    "log.file = false",
  ];
  const secure = tls && [
    `listeners.ssl.1 = 127.0.0.1:${ports.tls}`,
    `ssl_options.cacertfile = ${tls.ca}`,
    `ssl_options.certfile = ${tls.server.cert}`,
    `ssl_options.keyfile = ${tls.server.key}`,
    "ssl_options.verify = verify_peer",
    "ssl_options.fail_if_no_peer_cert = true",
    "auth_mechanisms.1 = PLAIN",
    "auth_mechanisms.2 = AMQPLAIN",
    "auth_mechanisms.3 = EXTERNAL",
    "ssl_cert_login_from = common_name",
  ];
  return [...plain, ...(secure ?? []), ...config, ""];
}

/** Erlang's port mapper, which a broker would start by itself and leave behind. */
async function startPortMapper(tidy: Tidy, port: number): Promise<void> {
  const child = spawn(find("epmd") ?? "epmd", ["-port", String(port), "-address", "127.0.0.1"], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  tidy.later(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
}
