// Redirects per second and core: ours beside nginx `return 301` and a bare responder on node:http.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compare, folder, freePort, nginx, root, SERVER_CORE, start, stop, wrk } from "./tools.mjs";

const dir = folder();
const [ours, theirs, bare, raw] = [await freePort(), await freePort(), await freePort(), await freePort()];

const rules = Array.from({ length: 10_000 }, (_, i) => `  - { source: /old/${i}, target: /new/${i} }`);
writeFileSync(
  join(dir, "rules.yaml"),
  `redirects:\n${rules.join("\n")}\n  - { type: REGEX, source: '^/blog/([0-9]+)/(.*)$', target: '/b/$1/$2' }\n`,
);
writeFileSync(
  join(dir, "outrider.yaml"),
  `admin: false\nstate: { dir: ${dir}/state }\nlog: { format: json }\nagents:\n  shop: { kind: redirects, listen: "127.0.0.1:${ours}", from: { file: ${dir}/rules.yaml } }\n`,
);
const body = JSON.stringify('<a href="/new/77">Moved Permanently</a>.\n\n');
const responder = `require("node:http").createServer((q, r) => { r.writeHead(301, { location: "/new/77", "content-type": "text/html; charset=utf-8", "content-length": 41 }); r.end(${body}); }).listen(${bare}, "127.0.0.1", () => console.log("ready"))`;

// Reads nothing and always says the same: what the kernel and the runtime's sockets leave to anybody.
const echo = `const text = "HTTP/1.1 301 Moved Permanently\\r\\ncontent-type: text/html; charset=utf-8\\r\\nlocation: /new/77\\r\\ncontent-length: 41\\r\\n\\r\\n" + ${body}; require("node:net").createServer({ noDelay: true }, (s) => { s.on("error", () => {}); s.on("data", () => s.write(text, "latin1")); }).listen(${raw}, "127.0.0.1", () => console.log("ready"))`;

const children = [
  await nginx(`server { listen 127.0.0.1:${theirs}; location / { return 301 /new/77; } }`),
  await start(
    SERVER_CORE,
    process.execPath,
    [join(root, "dist/cli.js"), "run", join(dir, "outrider.yaml")],
    /serving redirects/,
  ),
  await start(SERVER_CORE, process.execPath, ["-e", responder], /ready/),
  await start(SERVER_CORE, process.execPath, ["-e", echo], /ready/),
];
// What is asked for again and again is remembered; this asks for more than fits.
const inTurn = join(dir, "in-turn.lua");
writeFileSync(
  inTurn,
  'local i = 0; request = function() i = (i + 1) % 10000; return wrk.format("GET", "/old/" .. i) end',
);
const perSecond = async (port, options) => (await wrk(`http://127.0.0.1:${port}`, options)).perSecond;
const at = (port, path) => async () => (await wrk(`http://127.0.0.1:${port}${path}`)).perSecond;
await compare([
  ["nginx return 301", at(theirs, "/old/77")],
  ["node:http", at(bare, "/old/77")],
  ["node:net, always the same", at(raw, "/old/77")],
  ["outrider, exact rule", at(ours, "/old/77")],
  ["outrider, 10,000 URLs in turn", () => perSecond(ours, { script: inTurn })],
  ["outrider, regex rule", at(ours, "/blog/12/some-page")],
]);
for (const child of children) await stop(child);
