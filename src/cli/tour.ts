import { delimiter, dirname, join, relative } from "node:path";
import { isSea } from "node:sea";
import { messageOf } from "../core/problems.ts";
import { askAgentCheck } from "../wire/agent-check.ts";
import { HttpClient } from "../wire/http-client.ts";
import { table } from "./table.ts";

export interface TourAddresses {
  readonly DEMO_ADMIN: string;
  readonly DEMO_HTTP: string;
  readonly DEMO_CHECK: string;
  readonly DEMO_INBOX: string;
  readonly DEMO_FLAGS: string;
}

/** Tries what the demo offers and tells how to try more. */
export async function tour(dir: string, addresses: TourAddresses): Promise<void> {
  const { DEMO_ADMIN: admin, DEMO_HTTP: http, DEMO_CHECK: check, DEMO_INBOX: inbox } = addresses;
  const other = admin === "127.0.0.1:9900" ? "" : ` --admin http://${admin}`;
  const outrider = ourCommand();
  const answers = table([
    [`  curl -i http://${http}/old`, await redirect(`http://${http}/old`)],
    [`  curl -i http://${http}/blog/7/hello`, await redirect(`http://${http}/blog/7/hello`)],
    [`  curl http://${http}/robots.txt`, "a page"],
  ]);
  console.log(`
Outrider runs. Its files are in ${dir}; change them and ask again.

The control room, in a browser:
  http://${admin}/

Redirects and pages, from rules.yaml:
${answers}

Feature flags, from flags.json, in a page with FeatBit's browser SDK; change the file and watch:
  http://${http}/flags

HAProxy's agent check, from state.json and the health of the redirects:
  curl http://${check}/                       HAProxy hears: ${await said(check)}

A queue's inbox. An event that is posted here drains the server it names, as HAProxy then hears:
  curl --json '{"reason":"deploy"}' http://${inbox}/web-1
A server that does not exist: its event is set aside, and can be sent again:
  curl --json '{"reason":"deploy"}' http://${inbox}/web-2
  ${outrider} call maintenance replay${other}

Celery's events, from events.ndjson, are merged into a document for each task:
  tail -1 ${dir}/state/documents.ndjson

Ask it for something, and look at it:
  ${outrider} call web-1 drain for=1m reason=demo${other}
  ${outrider} call shop-redirects explain url=/blog/7/hello${other}
  ${outrider} call shop-flags why flag=headline user=visitor${other}
  ${outrider} status${other}
  curl http://${admin}/metrics

Ctrl-C ends it.
`);
}

/** How the reader calls us: by name where that is installed, else as we were called. */
function ourCommand(): string {
  const script = process.argv[1] ?? "";
  const here = relative(process.cwd(), script);
  const known = (process.env["PATH"] ?? "").split(delimiter).includes(dirname(script));
  if (isSea() && !known) return here.startsWith(".") ? here : `./${here}`;
  if (script.endsWith(".js")) return `node ${here}`;
  return script.includes(join("node_modules", ".bin")) ? "npx outrider" : "outrider";
}

async function redirect(url: string): Promise<string> {
  const client = new HttpClient({ follow: false });
  try {
    const { status, headers } = await client.send({
      method: "HEAD",
      url,
      signal: new AbortController().signal,
    });
    return `${status}, to ${headers["location"]}`;
  } catch (error) {
    return messageOf(error);
  } finally {
    await client.close();
  }
}

async function said(address: string): Promise<string> {
  try {
    return (await askAgentCheck(address)).trim();
  } catch (error) {
    return messageOf(error);
  }
}
