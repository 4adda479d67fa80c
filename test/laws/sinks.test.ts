import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { EventServer } from "../../src/agents/flags/event-server.ts";
import { sinkLaws } from "../../src/laws/index.ts";
import { FileSink } from "../../src/wire/ndjson.ts";
import { PROD, secrets } from "../tools/featbit-data.ts";
import { folder } from "../tools/folder.ts";
import { serveHttp } from "../tools/ports.ts";
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
