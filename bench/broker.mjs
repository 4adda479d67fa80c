// A RabbitMQ of our own for figures, and the events that are put into it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "amqplib";
import { folder, freePort, start } from "./tools.mjs";

const server = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** Starts RabbitMQ on free ports. @returns its URL */
export async function rabbitMq(cores) {
  const home = folder();
  const [port, dist, epmd] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    join(home, "rabbitmq.conf"),
    `listeners.tcp.1 = 127.0.0.1:${port}\nlog.console = true\nlog.console.level = info\nlog.file = false\n`,
  );
  writeFileSync(join(home, "enabled_plugins"), "[].");
  for (const name of ["mnesia", "log"]) mkdirSync(join(home, name));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: "C.UTF-8",
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RUNNING_UNDER_SYSTEMD: "true",
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(dist),
    RABBITMQ_MNESIA_BASE: join(home, "mnesia"),
    RABBITMQ_LOG_BASE: join(home, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, "enabled_plugins"),
    RABBITMQ_CONFIG_FILE: join(home, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(home, "none"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
  };
  await start(cores, "epmd", ["-port", String(epmd), "-address", "127.0.0.1"], undefined, { env });
  await start(cores, server, [], /Server startup complete/, { env, cwd: home });
  return `amqp://guest:guest@127.0.0.1:${port}/%2F`;
}

/** A channel that the broker answers on; it is open until the process ends. */
export async function channel(url) {
  const connection = await connect(url);
  return connection.createConfirmChannel();
}

/** Puts events into a durable queue, and waits until the broker has them all. */
export async function fill(broker, queue, count, body) {
  await broker.assertQueue(queue, { durable: true });
  for (let i = 0; i < count; i++) broker.sendToQueue(queue, body(i), { contentType: "application/json" });
  await broker.waitForConfirms();
}
