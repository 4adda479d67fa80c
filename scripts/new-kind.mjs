// `npm run new-kind -- NAME`: copies the template kind, renames it, and adds it to the list of kinds.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const agents = join(root, "src", "agents");
const list = join(agents, "kinds.ts");

const [, , name = ""] = process.argv;
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  stop(`"${name}" is no name for a kind: write lower-case letters, digits and dashes, such as webhooks`);
}
if (existsSync(join(agents, name))) stop(`there is a kind "${name}" already`);

const words = name.split("-");
const camel = words.map((word, index) => (index === 0 ? word : capital(word))).join("");
const pascal = words.map(capital).join("");

cpSync(join(agents, "_template"), join(agents, name), { recursive: true });
for (const file of readdirSync(join(agents, name))) {
  const path = join(agents, name, file);
  writeFileSync(path, renamed(readFileSync(path, "utf8")));
}

const kinds = readFileSync(list, "utf8");
writeFileSync(
  list,
  kinds
    .replace(/(import \{ (?!type).*\n)(?!import)/, `$1import { ${camel} } from "./${name}/index.ts";\n`)
    .replace(/(export const kinds = \[[^\]]*?),?(\s*\] as)/, `$1, ${camel}$2`),
);
console.log(`The kind "${name}" is in src/agents/${name} and in src/agents/kinds.ts.

It carries lines from one file to another; make it do what it is for, file by file. Its configuration, actions and
metrics show up in \`outrider schema\`, in the API and in the reference by themselves. Next:

  add a setting for it to test/laws/settings.ts, and \`npm test\` proves that it obeys the laws
  add an adapter's inputs there too, or remove adapt.ts
  run \`npm run format\` and \`npm run docs\`
  to let people embed it, add "./${name}" to the exports in package.json`);

/** Every way in which the template names itself. */
function renamed(text) {
  return text
    .replaceAll("outrider_template_", `outrider_${name.replaceAll("-", "_")}_`)
    .replaceAll(/TEMPLATE(?=_)/g, name.replaceAll("-", "_").toUpperCase())
    .replaceAll("TemplateAgent", `${pascal}Agent`)
    .replaceAll("templatePeer", `${camel}Peer`)
    .replaceAll("template-peer", `${name}-peer`)
    .replaceAll(" Copy it with `npm run new-kind -- NAME`.", "")
    .replaceAll(/(?<=const |import \{ |\[)template\b/g, camel)
    .replaceAll(/\btemplate\b/g, name);
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function stop(why) {
  console.error(why);
  process.exit(1);
}
