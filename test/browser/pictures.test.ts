import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { openBrowser, phone, startDemo, Visitor } from "../tools/control-room.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";

const tidy = new Tidy();

/** How long callers come before the pictures are taken, in milliseconds: the charts shall have something to show. */
const TRAFFIC = 100_000;

// The pictures of the documentation: UPDATE_SCREENSHOTS=1 npx vitest run test/browser/pictures.test.ts
it.runIf(process.env["UPDATE_SCREENSHOTS"])(
  "pictures for the documentation",
  { timeout: 300_000 },
  async () => {
    mkdirSync(join(import.meta.dirname, "../../docs/images"), { recursive: true });
    const [demo, browser, backend] = await Promise.all([
      startDemo(tidy, "shop"),
      openBrowser(tidy),
      Backend.start(tidy),
    ]);
    const inbox = `127.0.0.1:${await freePort()}`;
    await fetch(`${demo.origin}/api/agents/orders`, {
      method: "PUT",
      body: JSON.stringify({
        kind: "queue",
        listen: inbox,
        from: { inbox: { answer: "accepted" } },
        to: [{ http: { url: backend.url } }],
      }),
    });
    const post = (address: string, body: object) =>
      fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const call = async (round: number) => {
      const crowd = 8 + Math.round(6 * Math.sin(round / 9)) + (round % 4);
      for (let turn = 0; turn < crowd; turn++) {
        const path = turn % 5 === 0 ? "/nothing-here" : turn % 2 === 0 ? "/old" : `/blog/${turn}/hello`;
        await fetch(`http://${demo.env["DEMO_HTTP"]}${path}`, { redirect: "manual" });
        await post(`http://${inbox}/orders`, { id: round * 100 + turn });
      }
      await fetch(`http://${demo.env["DEMO_CHECK"]}/`);
      await post(`http://${demo.env["DEMO_INBOX"]}/web-${round % 7 === 0 ? 2 : 1}`, { reason: "deploy" });
    };
    const end = Date.now() + TRAFFIC;
    for (let round = 0; Date.now() < end; round++) {
      await Promise.all([call(round), pause(500)]);
      // Nobody answers towards the end, so that there is something to read about it.
      if (end - Date.now() < 6_000) await backend.leave();
    }
    const pictures = [
      { name: "overview", place: "", there: "all parts up", look: {} },
      { name: "agent", place: "agents/orders", there: "sink", look: { scheme: "dark" } },
      { name: "redirects", place: "agents/shop-redirects", there: "/articles/$1/$2", look: {} },
      { name: "add", place: "add/queue", there: "Add agent", look: {} },
      { name: "phone", place: "", there: "all parts up", look: { viewport: phone } },
      {
        name: "phone-dark",
        place: "agents/orders",
        there: "sink",
        look: { viewport: phone, scheme: "dark" },
      },
    ] as const;
    for (const { name, place, there, look } of pictures) {
      const visitor = await Visitor.come(browser, demo.origin, look);
      await visitor.go(place);
      await visitor.sees(there);
      // The past of each agent is asked for a moment after its row is there.
      await pause(1_500);
      await visitor.picture(`control-room-${name}`);
    }
  },
);
