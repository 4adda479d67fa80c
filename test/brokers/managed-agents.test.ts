import { beforeAll, expect, it } from "vitest";
import { kinds } from "../../src/agents/kinds.ts";
import { adminOf } from "../tools/admin.ts";
import { amqpScene, broker, name } from "../tools/amqp-scene.ts";
import { folder } from "../tools/folder.ts";
import { describeWith } from "../tools/needs.ts";
import { rabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

describeWith(rabbitMq)("a managed agent at a real broker", () => {
  const tidy = new Tidy();
  amqpScene();
  let documents: string;
  beforeAll(async () => {
    documents = `${await folder(tidy)}/documents.ndjson`;
  });

  const agent = (url: string) => ({
    kind: "celery",
    from: { amqp: { url, exchange: name, queue: name } },
    to: { file: documents },
  });
  const step = (probe: { steps: { step: string; ok: boolean; problem?: { code: string } }[] }) =>
    probe.steps.filter(({ ok }) => !ok).map((each) => `${each.step} ${each.problem?.code}`);

  it("is refused with the wrong password and taken with the right one", async () => {
    const { put, get, outrider } = await adminOf(tidy, "agents: {}", { kinds });
    const wrong = await put("/api/agents/tasks", agent(broker.url("%2F", "guest:canary-wrong")));
    expect([wrong.status, wrong.json.error.code, step(wrong.json.error)]).toEqual([
      422,
      "probe_failed",
      ["source credentials_refused"],
    ]);
    expect(wrong.text).not.toContain("canary");
    expect(outrider.supervisor.names).toEqual([]);
    const right = await put("/api/agents/tasks", agent(broker.url()));
    expect([right.status, right.json.probe.ok]).toEqual([201, true]);
    await until("it is linked", async () => {
      const { parts } = await get("/api/agents/tasks");
      return parts.some(
        (part: { name: string; state: string }) => part.name === "source" && part.state === "up",
      );
    });
    const again = await put("/api/agents/tasks", { ...(await get("/api/agents/tasks")).given, workers: 2 });
    expect([again.status, again.json.probe.ok]).toEqual([200, true]);
  });

  it("that is changed to a wrong password goes on as it was", async () => {
    const { put, outrider } = await adminOf(tidy, "agents: {}", { kinds });
    await put("/api/agents/tasks", agent(broker.url()));
    const before = outrider.agent("tasks").agent;
    const { status } = await put("/api/agents/tasks", agent(broker.url("%2F", "guest:wrong")));
    expect([status, outrider.agent("tasks").agent === before]).toEqual([422, true]);
  });
});
