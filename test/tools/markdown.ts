/** A fenced block of a Markdown page. */
export interface Block {
  /** The first word behind the fence: `yaml`, `console` … */
  readonly language: string;
  /** `title=x` and `skip=why`, behind it. */
  readonly title: string | undefined;
  readonly skip: string | undefined;
  readonly text: string;
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  for (const found of page.matchAll(/^```(\S+)(.*)\n([\s\S]*?)^```$/gm)) {
    const [, language = "", info = "", text = ""] = found;
    const line = page.slice(0, found.index).split("\n").length;
    const title = /\btitle=(\S+)/.exec(info)?.[1];
    blocks.push({ language, title, skip: /\bskip=(.*)$/.exec(info)?.[1], text, line });
  }
  return blocks;
}

/** A command of a `console` block, and what it should print. */
export interface Command {
  readonly command: string;
  readonly expected: string;
}

/** Lines that begin with `$ ` are commands, the others what they print. */
export function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((piece) => {
      const end = piece.indexOf("\n");
      return { command: piece.slice(0, end), expected: piece.slice(end + 1).trimEnd() };
    });
}

/** Whether an output is as expected: `…` stands for anything, and runs of blanks for each other. */
export function fits(output: string, expected: string): boolean {
  const pattern = expected
    .split("\n")
    .map((line) =>
      line.trim() === "…" ? "[\\s\\S]*" : line.trim().split(/\s+/).map(lenient).join("[ \\t]+"),
    )
    .join("\\n");
  const tidy = output
    .replace(/\r/g, "")
    .replace(/^[ \t]+|[ \t]+$/gm, "")
    .trim();
  return new RegExp(`^${pattern}$`).test(tidy);
}

function lenient(word: string): string {
  return word
    .split("…")
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
}
