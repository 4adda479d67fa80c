import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { kinds } from "../../src/agents/kinds.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Block, blocksOf, commandsOf, fits } from "../tools/markdown.ts";
import { find } from "../tools/needs.ts";
import { rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Shell } from "../tools/shell.ts";
import { BROKER, StandInPorts } from "../tools/stand-in-ports.ts";
import { Tidy } from "../tools/tidy.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  ...inFolder("docs/guide"),
  ...inFolder("docs/migrate"),
];

describe("every command and example of the documentation works", () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(pages)("%s", { timeout: 120_000 }, async (page) => {
    folder = mkdtempSync(join(tmpdir(), "outrider-docs-"));
    const blocks = blocksOf(readFileSync(join(ROOT, page), "utf8"));
    const needsBroker = blocks.some(asksBroker);
    const missing =
      needsBroker && !mayBroker() ? [rabbitMq] : programsOf(blocks).filter((name) => !isThere(name));
    if (missing.length > 0) return console.warn(`SKIPPED: ${page}, ${missing.join(", ")} is not installed`);
    const ports = await StandInPorts.find(needsBroker ? await broker() : undefined);
    const shell = new Shell(folder, ports.environment);
    try {
      for (const block of blocks) await play(shell, block, { page, ports });
    } finally {
      await shell.close();
    }
  });
});

/** Whether a block is run, and there has to be a RabbitMQ for it. */
function asksBroker({ text, title, skip }: Block): boolean {
  return title !== undefined && skip === undefined && text.includes(`127.0.0.1:${BROKER}`);
}

/** What the commands of a page are made of, besides what every machine has. */
function programsOf(blocks: readonly Block[]): string[] {
  const commands = blocks.filter(({ language, skip }) => language === "console" && skip === undefined);
  const text = commands.map(({ text }) => text).join("\n");
  return ["curl", "jq", "socat"].filter((name) =>
    new RegExp(`(?:^\\$|\\||until|for) *${name} `, "m").test(text),
  );
}

const tidy = new Tidy("all");
let brokerPort: Promise<number> | undefined;

/** Where `CI=true`, going without one is a failure: see `test/tools/needs.ts`. */
function mayBroker(): boolean {
  return isThere(rabbitMq);
}

function isThere(program: string): boolean {
  return find(program) !== undefined || process.env["CI"] === "true";
}

/** The port of a RabbitMQ that all pages share. */
function broker(): Promise<number> {
  brokerPort ??= startRabbitMq(tidy).then(({ port }) => port);
  return brokerPort;
}

describe("links between pages lead somewhere", () => {
  it.each([...pages, ...inFolder("docs/decisions")])("%s", (page) => {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(() => readdirOrFile(join(ROOT, page, "..", target)), `${page} links to ${target}`).not.toThrow();
    }
  });
});

interface Stage {
  readonly page: string;
  readonly ports: StandInPorts;
}

async function play(shell: Shell, block: Block, { page, ports }: Stage): Promise<void> {
  if (block.skip !== undefined) {
    console.warn(`${page}:${block.line} is not run: ${block.skip}`);
    return;
  }
  const text = ports.insert(block.text);
  if (block.title !== undefined) shell.write(block.title, withAdmin(text, ports));
  if (block.language === "yaml" && /^agents:/m.test(text))
    loadConfig([{ file: `${page}:${block.line}`, text }], kinds, {});
  if (block.language !== "console") return;
  for (const { command, expected } of commandsOf(block.text)) {
    const { output, status } = await shell.run(ports.insert(command));
    const place = `${page}:${block.line}  $ ${command}`;
    const shown = ports.restore(output);
    if (expected === "") expect([place, status, shown.trim()]).toEqual([place, 0, expect.anything()]);
    else
      expect(fits(shown, expected), `${place}\nshould print\n${expected}\nand prints\n${shown}`).toBe(true);
  }
}

/** The admin API stays on a port of the test's own also where a page leaves it at its default. */
function withAdmin(text: string, ports: StandInPorts): string {
  if (!/^agents:/m.test(text) || /^admin:/m.test(text)) return text;
  return `${text}admin: { listen: "127.0.0.1:${ports.insert("9900")}" }\n`;
}

function inFolder(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((name) => join(folder, name));
}

function readdirOrFile(path: string): unknown {
  return path.endsWith("/") ? readdirSync(path) : readFileSync(path);
}
