import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { kinds } from "../../src/agents/kinds.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Block, blocksOf, commandsOf, fits } from "../tools/markdown.ts";
import { Shell } from "../tools/shell.ts";
import { StandInPorts } from "../tools/stand-in-ports.ts";

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

  it.each(pages)("%s", async (page) => {
    folder = mkdtempSync(join(tmpdir(), "outrider-docs-"));
    const ports = await StandInPorts.find();
    const shell = new Shell(folder, ports.environment);
    try {
      for (const block of blocksOf(readFileSync(join(ROOT, page), "utf8")))
        await play(shell, block, { page, ports });
    } finally {
      await shell.close();
    }
  });
});

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
