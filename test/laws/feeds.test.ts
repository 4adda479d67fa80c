import { join } from "node:path";
import { describe, it } from "vitest";
import { StateFile } from "../../src/agents/haproxy/state-file.ts";
import { StateMemory } from "../../src/agents/haproxy/state-memory.ts";
import { type Event, plainEvent } from "../../src/agents/queue/event.ts";
import { Pausable } from "../../src/agents/queue/pausable.ts";
import { Requeueing } from "../../src/agents/queue/requeue.ts";
import { mapped } from "../../src/agents/queue/sources.ts";
import { ManagerFeed } from "../../src/agents/redirects/manager.ts";
import { ManagerApi } from "../../src/agents/redirects/manager-api.ts";
import { Registration } from "../../src/agents/redirects/registration.ts";
import { fleetSchema } from "../../src/config/fleet.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Feed } from "../../src/core/feed.ts";
import { Health } from "../../src/core/health.ts";
import { silent } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { type FeedSubject, feedLaws, sourceLaws } from "../../src/laws/index.ts";
import { Herald } from "../../src/runtime/fleet/herald.ts";
import { Reporter, type ReporterOptions } from "../../src/runtime/fleet/reporter.ts";
import type { Member } from "../../src/runtime/fleet/self.ts";
import { FileFeed } from "../../src/wire/file.ts";
import { FileSource } from "../../src/wire/file-source.ts";
import { Inbox } from "../../src/wire/inbox.ts";
import { FileSnapshot } from "../../src/wire/snapshot.ts";
import { Spool } from "../../src/wire/spool.ts";
import { Between } from "../tools/between.ts";
import { changingFile, growingFile } from "../tools/changing-file.ts";
import { StandInManager } from "../tools/manager.ts";
import { startOutrider } from "../tools/outrider.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

const file = (text: (number: number) => string) => changingFile(tidy, text);
const lines = () => growingFile(tidy);

describe("FileFeed", () => {
  const make = async () => {
    const given = await file((number) => `text ${number}`);
    return { ...given, feed: new FileFeed(given.path) };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("StateFile", () => {
  // A file that is missing or broken is no broken link: it means a default state.
  for (const watch of [true, false]) {
    describe(watch ? "with a watch" : "told to read", () => {
      const make = async () => {
        const {
          break: _,
          mend: __,
          path,
          ...given
        } = await file((number) => `{"status":"UP","weight":${number}}`);
        const saved = () => new Health().part("file");
        const options = {
          path,
          watch,
          onBad: "keep",
          fallback: "FAIL",
          wide: false,
          saved,
          log: silent,
        } as const;
        const feed = new StateFile(options);
        const change = () => {
          given.change();
          if (!watch) feed.reread();
        };
        return { ...given, feed, change };
      };
      for (const law of feedLaws(make)) it(law.name, law.check);
    });
  }
});

describe("StateMemory", () => {
  const make = (): FeedSubject<unknown> => {
    const feed = new StateMemory({ status: "UP" });
    let weight = 0;
    return { feed: feed as FeedSubject<unknown>["feed"], change: () => feed.set({ weight: ++weight % 100 }) };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("ManagerFeed", () => {
  const make = async () => {
    const manager = await StandInManager.start({ token: "token" });
    let version = 1;
    const part = new Health().part("reporting");
    const address = {
      url: manager.url,
      namespace: "n",
      project: "p",
      token: new Secret("token"),
      header: "Authorization",
    };
    const api = new ManagerApi(address, 2_000);
    const registration = new Registration({ api, name: "laws", type: "default", sync: "healing", part });
    return {
      feed: new ManagerFeed({ api, registration, every: 20, sync: "healing", pageSize: 100 }),
      change: () => {
        manager.state.version = `${++version}\n`;
      },
      break: () => {
        manager.state.statuses = { version: 500 };
      },
      mend: () => {
        manager.state.statuses = {};
      },
      close: () => manager.stop().catch(() => {}),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("Reporter", () => {
  const make = async () => {
    const port = await freePort();
    // A process of its own, as its timers are not the reporter's.
    const config = { admin: { listen: `127.0.0.1:${port}` }, fleet: { listen: true }, agents: {} };
    await (await startOutrider(tidy, { config })).says("outrider is running");
    const between = await Between.start(tidy, port);
    let standing = "ready";
    let changed: (name: string) => void = () => {};
    const agent = () =>
      ({ name: "a", kind: "k", standing, since: 0, restarts: 0, parts: [], required: true }) as Member;
    const subject = {
      members: () => [agent()],
      standing: () => standing,
      watch: (told: (name: string) => void) => {
        changed = told;
        return () => {};
      },
    };
    const reports = fleetSchema.parse({ report_to: `http://127.0.0.1:${between.port}` });
    const herald = new Herald(subject, { name: "laws", every: 60_000 });
    const reporter = new Reporter({
      config: reports as ReporterOptions["config"],
      name: "laws",
      herald,
      log: silent,
    });
    return {
      feed: reporter,
      change: () => {
        standing = standing === "ready" ? "degraded" : "ready";
        changed("a");
      },
      break: () => between.refuse(),
      mend: () => between.admit(),
      close: () => reporter.close(false),
    };
  };
  for (const law of feedLaws(make)) it(law.name, law.check);
});

describe("FileSource", () => {
  describe("that follows its file", () => {
    const make = async () => {
      const given = await lines();
      return { ...given, feed: new FileSource({ path: given.path, follow: true }) };
    };
    for (const law of feedLaws(make)) it(law.name, law.check);
  });

  for (const follow of [true, false]) {
    describe(follow ? "that follows its file" : "that ends with its file", () => {
      const make = async () => {
        const given = await lines();
        const snapshot = new FileSnapshot<never>(join(given.folder, "mark"), "laws");
        return { ...given, source: new FileSource({ path: given.path, follow, snapshot }) };
      };
      for (const law of sourceLaws(make)) it(law.name, law.check);
    });
  }
});

describe("Spool", () => {
  const spooled = async () => {
    const { break: _, mend: __, ...given } = await lines();
    const source = new FileSource({ path: given.path, follow: true });
    const options = {
      folder: join(given.folder, "spool"),
      bytes: 1_000_000,
      link: new Health().part("link"),
    };
    return { ...given, spool: new Spool<string>(source, options) };
  };
  const asFeed = async () => {
    const { spool, ...given } = await spooled();
    return { ...given, feed: spool as FeedSubject<Delivery<string>>["feed"] };
  };
  const asSource = async () => {
    const { spool, ...given } = await spooled();
    return { ...given, source: spool };
  };
  for (const law of feedLaws(asFeed)) it(law.name, law.check);
  for (const law of sourceLaws(asSource)) it(law.name, law.check);
});

describe("Inbox", () => {
  const handedIn = () => {
    const inbox = new Inbox<string>(100);
    let number = 0;
    const put = (count: number) => {
      const values = Array.from({ length: count }, () => `item ${++number}`);
      for (const value of values) void inbox.put(value, value.length);
      return values;
    };
    return { inbox, put };
  };
  const asFeed = () => {
    const { inbox, put } = handedIn();
    const feed = inbox as unknown as FeedSubject<Delivery<string>>["feed"];
    return { feed, change: () => void put(1) };
  };
  const asSource = () => {
    const { inbox, put } = handedIn();
    return { source: inbox, put };
  };
  for (const law of feedLaws(asFeed)) it(law.name, law.check);
  for (const law of sourceLaws(asSource)) it(law.name, law.check);
});

/** Events of a file, behind something that stands between them and whoever opens it. */
async function eventsBehind(wrapped: (source: Feed<Delivery<Event>>) => Feed<Delivery<Event>>) {
  const { break: _, mend: __, put, ...given } = await lines();
  const snapshot = new FileSnapshot<never>(join(given.folder, "mark"), "laws");
  const file = new FileSource({ path: given.path, follow: true, snapshot });
  const source = wrapped(mapped(file, (line) => plainEvent(Buffer.from(line))));
  const feed = source as FeedSubject<Delivery<Event>>["feed"];
  return { ...given, source, feed, put: (n: number) => put(n).map((line) => plainEvent(Buffer.from(line))) };
}

describe("Pausable", () => {
  const make = () => eventsBehind((source) => new Pausable(source));
  for (const law of feedLaws(make)) it(law.name, law.check);
  for (const law of sourceLaws(make)) it(law.name, law.check);
});

describe("Requeueing", () => {
  const make = () => eventsBehind((source) => new Requeueing(source, true));
  for (const law of feedLaws(make)) it(law.name, law.check);
  // What is rejected comes again: that is what it is for.
  const kept = sourceLaws(make).filter(({ name }) => !name.includes("rejected"));
  for (const law of kept) it(law.name, law.check);
});
