// Requests that match nothing, passed on to an upstream: ours beside nginx `proxy_pass`. The upstream is an nginx too.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compare,
  folder,
  freePort,
  LOAD_CORE,
  nginx,
  root,
  SERVER_CORE,
  start,
  stop,
  wrk,
} from "./tools.mjs";

const dir = folder();
const [ours, theirs, upstream] = [await freePort(), await freePort(), await freePort()];
const text = "x".repeat(1_000);

writeFileSync(join(dir, "rules.yaml"), "redirects: [{ source: /old, target: /new }]\n");
writeFileSync(
  join(dir, "outrider.yaml"),
  `admin: false\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:\n  shop: { kind: redirects, listen: "127.0.0.1:${ours}", upstream: "http://127.0.0.1:${upstream}", from: { file: ${dir}/rules.yaml } }\n`,
);
const children = [
  await nginx(`server { listen 127.0.0.1:${upstream}; location / { return 200 "${text}"; } }`, LOAD_CORE),
  await nginx(
    `upstream up { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000000; }
     server { listen 127.0.0.1:${theirs}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; } }`,
  ),
  await start(
    SERVER_CORE,
    process.execPath,
    [join(root, "dist/cli.js"), "run", join(dir, "outrider.yaml")],
    /serving redirects/,
  ),
];
const at = (port) => async () => (await wrk(`http://127.0.0.1:${port}/page`)).perSecond;
await compare([
  ["nginx proxy_pass", at(theirs)],
  ["outrider upstream", at(ours)],
]);
for (const child of children) await stop(child);
