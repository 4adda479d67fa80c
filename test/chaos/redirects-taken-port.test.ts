import { expect, test } from "vitest";
import { startApp } from "../tools/app.ts";
import { startOutrider } from "../tools/outrider.ts";
import { exchange, parseResponse } from "../tools/raw-http.ts";
import { rulesFile } from "../tools/shop.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

test("a port that is taken is named, keeps no other agent from serving, and is used once it is free", async () => {
  const other = await startApp(tidy, (_, response) => response.end("somebody else"));
  const from = { file: await rulesFile(tidy, { redirects: [{ source: "/old", target: "/new" }] }) };
  const agent = (listen: string) => ({ kind: "redirects", listen, from });
  const agents = { barred: agent(`127.0.0.1:${other.port}`), free: agent("127.0.0.1:0") };
  const outrider = await startOutrider(tidy, { config: { admin: false, agents } });

  const trouble = await outrider.line(({ agent: name, level }) => name === "barred" && level !== "info");
  expect(JSON.stringify(trouble)).toContain("door_taken");
  expect(JSON.stringify(trouble)).toContain(`127.0.0.1:${other.port}`);

  const ask = "GET /old HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const serving = (name: string) =>
    outrider.line((line) => line.msg === "serving redirects" && line["agent"] === name);
  const port = Number(
    String((await serving("free"))["address"])
      .split(":")
      .at(-1),
  );
  expect(parseResponse(await exchange(port, ask)).status).toBe(301);
  expect(parseResponse(await exchange(other.port, ask)).body).toBe("somebody else");

  other.server.closeAllConnections();
  other.server.close();
  await serving("barred");
  expect(parseResponse(await exchange(other.port, ask)).status).toBe(301);
  expect((await outrider.stop()).status).toBe(0);
});
