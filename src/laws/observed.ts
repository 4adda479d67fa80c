import type { Host } from "../core/agent.ts";
import type { Log } from "../core/log.ts";
import type { MetricSpec, Metrics } from "../core/metrics.ts";
import type { Snapshot } from "../core/revision.ts";

/** A host that writes down what an agent asks of it. */
export interface Observed {
  readonly host: Host;
  /** What of the outside was touched: doors that were opened, snapshots that were read or written. */
  readonly touched: readonly string[];
  /** The addresses of doors. */
  readonly opened: readonly string[];
  /** The names of series. */
  readonly series: ReadonlySet<string>;
  readonly logged: readonly unknown[];
}

export function observed(host: Host): Observed {
  const touched: string[] = [];
  const opened: string[] = [];
  const series = new Set<string>();
  const logged: unknown[] = [];
  return {
    touched,
    opened,
    series,
    logged,
    host: {
      name: host.name,
      log: logging(host.log, logged),
      metrics: metering(host.metrics, series),
      health: host.health,
      doors: {
        open: async (address, tenant) => {
          touched.push(`door ${address}`);
          opened.push(address);
          const tenancy = await host.doors.open(address, tenant);
          host.health.arrived(DOOR);
          return tenancy;
        },
      },
      neighbours: host.neighbours,
      snapshot: (name, codec) => touching(host.snapshot(name, codec), touched),
      file: (name) => host.file(name),
      spool: (feed, limits) => host.spool(feed, limits),
    },
  };
}

/** What an agent that claims an address is awaited for. */
export const DOOR = "door";

function logging(log: Log, logged: unknown[]): Log {
  const at = (level: keyof Log) => (fields: object, message: string) => {
    logged.push({ ...fields, message });
    log[level](fields, message);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function metering(metrics: Metrics, series: Set<string>): Metrics {
  const seen = <R>(make: (spec: MetricSpec) => R) => {
    return (spec: MetricSpec) => {
      series.add(spec.name);
      return make(spec);
    };
  };
  return {
    counter: (spec, labels) => seen((each) => metrics.counter(each, labels))(spec),
    gauge: (spec, labels) => seen((each) => metrics.gauge(each, labels))(spec),
    histogram: (spec, labels) => seen((each) => metrics.histogram(each, labels))(spec),
    read: (spec, samples) => seen((each) => metrics.read(each, samples))(spec),
  };
}

function touching<D>(snapshot: Snapshot<D>, touched: string[]): Snapshot<D> {
  return {
    load: () => {
      touched.push("snapshot load");
      return snapshot.load();
    },
    save: (revision) => {
      touched.push("snapshot save");
      return snapshot.save(revision);
    },
  };
}
