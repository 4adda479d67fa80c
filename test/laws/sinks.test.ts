import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, describe, it } from "vitest";
import { Counts } from "../../src/agents/celery/counts.ts";
import { documentOf } from "../../src/agents/celery/document.ts";
import { LeekSink } from "../../src/agents/celery/leek.ts";
import { LeekApi } from "../../src/agents/celery/leek-api.ts";
import { EventServer } from "../../src/agents/flags/event-server.ts";
import type { Parcel } from "../../src/agents/flags/insight.ts";
import { InsightLanes } from "../../src/agents/flags/insight-lanes.ts";
import { config } from "../../src/agents/queue/config/agent.ts";
import { plainEvent } from "../../src/agents/queue/event.ts";
import { Workshop } from "../../src/agents/queue/workshop.ts";
import { Secret } from "../../src/core/secret.ts";
import { sinkLaws } from "../../src/laws/index.ts";
import { AmqpSink } from "../../src/wire/amqp/sink.ts";
import { FileSink } from "../../src/wire/ndjson.ts";
import { Between } from "../tools/between.ts";
import { PROD, secrets } from "../tools/featbit-data.ts";
import { folder } from "../tools/folder.ts";
import { household } from "../tools/household.ts";
import { type LeekMood, LeekStandIn } from "../tools/leek-api.ts";
import { describeWith } from "../tools/needs.ts";
import { serveHttp } from "../tools/ports.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

describe.each([true, false])("FileSink (sync: %s)", (sync) => {
  const make = async () => {
    const path = join(await folder(tidy), "out.ndjson");
    return {
      sink: new FileSink<unknown>({ path, sync }),
      item: (number: number) => ({ number, text: "a\nb" }),
      arrived: () =>
        existsSync(path)
          ? readFileSync(path, "utf8")
              .split("\n")
              .slice(0, -1)
              .map((line): unknown => JSON.parse(line))
          : [],
      // A folder in its place can be written by nobody, not even by root.
      break: () => mkdirSync(path),
      mend: () => rmdirSync(path),
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});

describe("Backends", () => {
  const make = async () => {
    const came: string[] = [];
    let mood: "well" | "cut" | "silent" = "well";
    const url = await serveHttp(tidy, async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      if (mood === "cut") request.socket.destroy();
      if (mood !== "well") return;
      came.push(...body.trimEnd().split("\n"));
      response.end();
    });
    const { host, close } = await household(tidy, "queue");
    const given = {
      from: { file: { path: "unused" } },
      to: [{ http: { url } }],
      filter: "event.body.number >= 0",
      batch: { items: 10, format: "ndjson" },
    };
    const workshop = new Workshop(config.parse(given), host("laws"), () => {});
    const event = (body: object) => plainEvent(Buffer.from(JSON.stringify(body)));
    return {
      sink: workshop.backends,
      item: (number: number) => event({ number }),
      refused: () => event({ number: "no number" }),
      arrived: () => came.map((line) => plainEvent(Buffer.from(line))),
      break: () => {
        mood = "cut";
      },
      mend: () => {
        mood = "well";
      },
      hang: () => {
        mood = "silent";
      },
      close: async () => {
        await workshop.close();
        await close();
      },
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});

describe("LeekSink", () => {
  const make = async () => {
    const leek = await LeekStandIn.start(tidy);
    const bad = (id: string) => id === "bad";
    const refusing: LeekMood = (_, documents) =>
      documents.some(({ id }) => bad(id)) ? { status: 409, body: "refused" } : undefined;
    const set = (mood: LeekMood): void => {
      leek.mood = mood;
    };
    set(refusing);
    const target = {
      url: leek.url,
      prefix: "",
      org: "mono",
      app: "leek",
      env: "prod",
      key: new Secret("app-KEY"),
    };
    const api = new LeekApi({ ...target, timeout: 5_000, connections: 1, tls: undefined, proxy: {} });
    const counts = new Counts(
      () => {},
      () => {},
    );
    const document = (uuid: string) =>
      documentOf({ type: "task-started", uuid, timestamp: 1.5, utcoffset: 0, pid: 1, clock: 1 }, "prod", 2);
    return {
      sink: new LeekSink({ api, level: 2, counts, lanes: 2, pause: 1 }),
      item: (number: number) => document(`task ${number}`),
      refused: () => document("bad"),
      arrived: () => leek.stored,
      break: () => set(() => ({ status: 503 })),
      mend: () => set(refusing),
      hang: () => set(() => ({ hang: true })),
      close: () => api.close(),
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});

describe("EventServer", () => {
  const make = async () => {
    const arrived: unknown[] = [];
    let trouble: "none" | "broken" | "hanging" = "none";
    let began = () => {};
    const url = await serveHttp(tidy, async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      began();
      if (trouble === "hanging") return;
      const insights = JSON.parse(text || "[]") as { metrics: { eventName: string }[] }[];
      const isBad = insights.some(({ metrics: [metric] }) => metric?.eventName === "refused");
      const status = trouble === "broken" ? 503 : isBad ? 400 : 200;
      if (status === 200) arrived.push(...insights.map((insight) => ({ envId: PROD, insight })));
      response.writeHead(status).end();
    });
    const words = { type: "server" as const, projectKey: "p", envKey: "e", envId: PROD };
    const sink = new EventServer({ url, secrets: () => [{ ...words, value: secrets.prod.server }] });
    const user = { keyId: "u", name: "", customizedProperties: [] };
    const parcel = (eventName: string) => ({ envId: PROD, insight: { user, metrics: [{ eventName }] } });
    return {
      sink,
      item: (number: number) => parcel(`event ${number}`),
      refused: () => parcel("refused"),
      arrived: () => arrived,
      break: () => {
        trouble = "broken";
      },
      mend: () => {
        trouble = "none";
      },
      hang: () => {
        trouble = "hanging";
        began = () => {};
      },
      close: () => sink.close(),
    };
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});

describe("InsightLanes", () => {
  const make = () => {
    const arrived: unknown[] = [];
    let trouble: "none" | "broken" | "hanging" = "none";
    const put = (parcel: Parcel) => {
      if (trouble === "broken") return undefined;
      if (trouble === "hanging") return new Promise<never>(() => {});
      arrived.push(parcel);
      return Promise.resolve({ outcome: "done" as const });
    };
    const sink = new InsightLanes(() => ({ put, run: () => Promise.resolve() }));
    sink.serve([PROD]);
    const insight = (keyId: string) => ({ user: { keyId, name: "", customizedProperties: [] } });
    return Promise.resolve({
      sink,
      item: (number: number) => ({ envId: PROD, insight: insight(`user ${number}`) }),
      refused: () => ({ envId: "elsewhere", insight: insight("user") }),
      arrived: () => arrived,
      break: () => {
        trouble = "broken";
      },
      mend: () => {
        trouble = "none";
      },
      hang: () => {
        trouble = "hanging";
      },
    });
  };
  for (const law of sinkLaws(make)) it(law.name, law.check);
});

describeWith(rabbitMq)("with RabbitMQ", () => {
  const whole = new Tidy("all");
  let broker: RabbitMq;
  let model: ChannelModel;
  let channel: Channel;
  let queues = 0;
  beforeAll(async () => {
    broker = await startRabbitMq(whole);
    model = await connect(broker.url());
    channel = await model.createChannel();
  });
  afterAll(() => model?.close());

  describe("AmqpSink", () => {
    const make = async () => {
      const [name, between] = [`laws-${++queues}`, await Between.start(tidy, broker.port)];
      await channel.assertQueue(name);
      const sink = new AmqpSink({ urls: [`amqp://127.0.0.1:${between.port}`], mandatory: true });
      const came: unknown[] = [];
      return {
        sink,
        item: (number: number) => ({ body: Buffer.from(`item ${number}`), routingKey: name }),
        refused: () => ({ body: Buffer.from("lost"), routingKey: "nowhere" }),
        arrived: async () => {
          for (let got = await channel.get(name); got; got = await channel.get(name)) {
            channel.ack(got);
            came.push({ body: got.content, routingKey: got.fields.routingKey });
          }
          return came;
        },
        break: () => between.refuse(),
        mend: () => between.admit(),
        hang: () => between.freeze(),
        close: () => sink.close(),
      };
    };
    for (const law of sinkLaws(make)) it(law.name, law.check);
  });
});
