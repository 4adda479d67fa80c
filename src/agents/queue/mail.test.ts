import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { outriderOf } from "../../../test/tools/in-process.ts";
import { freePort, serveHttp } from "../../../test/tools/ports.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { kinds } from "../kinds.ts";

const tidy = new Tidy();

/** An agent with an inbox and a backend that takes everything, and what the backend was sent. */
async function agent(more = "", layer = "") {
  const port = await freePort();
  const seen: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const url = await serveHttp(tidy, (request, response) => {
    seen.push({ url: request.url!, headers: request.headers });
    request.resume();
    response.writeHead(request.url === "/refuses" ? 422 : 200).end("{}");
  });
  const { outrider, lines } = await outriderOf(
    tidy,
    `
admin: false
agents:
  a:
    kind: queue
    listen: "127.0.0.1:${port}"
    from: { inbox: { largest: 1MB } }
    to: [{ http: { url: "${url}"${layer} } }]
    ${more}`,
    kinds,
  );
  await outrider.start();
  await until("it runs", () => outrider.status("a").standing === "ready");
  const post = async (body: string, type = "application/json") => {
    const headers = { "content-type": type };
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body });
    return { status: answer.status, told: await answer.text() };
  };
  const fell = () => lines.filter(({ message }) => /defect/.test(message));
  return { port, post, seen, fell, lines, backend: url };
}

const CLOUD_EVENT = "application/cloudevents+json";

describe("an inbox", () => {
  it("takes CloudEvents whose attributes are none, and goes on", async () => {
    const { post, seen, fell } = await agent("forward: { format: cloudevents }");
    const odd = '{"specversion":"1.0","id":"1","a":{"toString":1},"b":"\\ud800","c":null,"data":{}}';
    expect(await post(odd, CLOUD_EVENT)).toMatchObject({ status: 200 });
    expect(seen[0]?.headers).toMatchObject({ "ce-a": "{%22toString%22:1}", "ce-b": "%EF%BF%BD" });
    expect(fell()).toEqual([]);
  });

  it("takes what is nested too deeply for a CloudEvent as it is", async () => {
    const { post, seen } = await agent("forward: { format: cloudevents }");
    const deep = `{"specversion":"1.0","id":"1","data":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    expect(await post(deep, CLOUD_EVENT)).toMatchObject({ status: 200 });
    expect(seen[0]?.headers).toMatchObject({ "content-length": String(deep.length) });
  });

  it("leaves out attributes of CloudEvents that no header can have the name of", async () => {
    const { post, seen } = await agent("forward: { format: cloudevents }\n    retry: { times: 0 }");
    const odd = '{"specversion":"1.0","id":"1","no name":"a","line\\nbreak":"b","":"c","fine":"d","data":{}}';
    expect(await post(odd, CLOUD_EVENT)).toMatchObject({ status: 200 });
    expect(Object.keys(seen[0]!.headers).filter((name) => /^ce-/.test(name))).toContain("ce-fine");
    expect(JSON.stringify(seen)).not.toMatch(/no name|line/);
  });

  it("sets aside what no request can be made of, at once and without falling", async () => {
    const { post, seen, fell, lines } = await agent(
      "",
      ', path: "/o/{body.id}", headers: { X-Name: "{body.name}" }',
    );
    const answers = [];
    for (const body of ['{"id":"\\ud800"}', '{"id":".."}', '{"id":1,"name":"a\\r\\nb: c"}', '{"id":2}'])
      answers.push(await post(body));
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 422, 200]);
    const reasons = JSON.stringify(lines);
    expect(reasons).toContain("a step up of the path: /o/..");
    expect(reasons).toContain("the header X-Name would hold a line break or the like");
    expect(seen.map(({ url }) => url)).toEqual(["/o/%EF%BF%BD", "/o/2"]);
    expect(fell()).toEqual([]);
  });

  it("tells who posts that an event was set aside, and keeps to the log which address refused it", async () => {
    const { post, lines, backend } = await agent("", ', path: "/refuses"');
    const { status, told } = await post("{}");
    expect(status).toBe(422);
    const answer = JSON.parse(told) as { event: string };
    expect(answer).toEqual({
      error: "the event was set aside",
      code: "item_refused",
      event: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: answer.event, message: expect.stringContaining(backend) }),
    );
  });

  it("refuses a body that is too large, and is not disturbed by callers who hang up", async () => {
    const { port, post, fell } = await agent();
    expect((await post("x".repeat(1_000_001))).status).toBe(413);
    const socket = createConnection(port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx", () => socket.resetAndDestroy());
    await until("it has gone", () => socket.closed);
    expect((await post("{}")).status).toBe(200);
    expect(fell()).toEqual([]);
  });
});
