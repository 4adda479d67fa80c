import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

interface Import {
  /** What is imported: a path below `src`, or the name of a package. */
  readonly what: string;
  /** Only types: nothing is left of it at run time. */
  readonly typeOnly: boolean;
  /** The imported names, if they are listed. */
  readonly names: readonly string[];
}

const IMPORT =
  /^(?:import|export)\s+(?:(?<type>type)\s+)?(?:(?<names>[^"';]*?)\s+from\s+)?"(?<what>[^"]+)"|\bimport\(\s*"(?<dynamic>[^"]+)"\s*\)/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8").replace(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, "");
  return [...text.matchAll(IMPORT)].map(({ groups = {} }) => {
    const what = groups["what"] ?? groups["dynamic"] ?? "";
    const names = (/\{([^}]*)\}/.exec(groups["names"] ?? "")?.[1] ?? "")
      .split(",")
      .map((name) => name.trim());
    const listed = names.filter((name) => name !== "");
    return {
      what: what.startsWith(".")
        ? relative(src, join(src, dirname(file), what))
        : what.replace(/^node:/, "node:"),
      typeOnly:
        groups["type"] !== undefined || (listed.length > 0 && listed.every((name) => /^type\s/.test(name))),
      names: listed.filter((name) => !/^type\s/.test(name)),
    };
  });
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .toSorted();
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const own = (file: string) => (graph.get(file) ?? []).filter(({ what }) => graph.has(what));

/** The room of a file; each kind is a room of its own. */
function roomOf(file: string): string {
  const [room = "", kind = ""] = file.split("/");
  if (room === "agents") return kind.endsWith(".ts") ? "agents/kinds" : `agents/${kind}`;
  return room.endsWith(".ts") ? room.replace(/\.ts$/, "") : room;
}

const kinds = [...new Set(files.map(roomOf))].filter((room) => /^agents\/(?!kinds)/.test(room));
const below = ["core", "config", "wire"];
const house = [...below, ...kinds, "agents/kinds", "laws", "runtime"];

/** Which rooms a room may look into, besides itself. */
const walls: Record<string, readonly string[]> = {
  core: [],
  config: ["core"],
  wire: ["core", "config"],
  laws: ["core", "config"],
  "agents/kinds": ["core", ...kinds],
  ...Object.fromEntries(kinds.map((kind) => [kind, below])),
  // The list of kinds is handed in, so that an embedded house can have another.
  runtime: [...below, ...kinds, "agents/kinds", "laws"],
  cli: house,
  index: [...house, "cli"],
};

describe("walls", () => {
  it.each([...new Set(files.map(roomOf))])("%s looks only where it may", (room) => {
    const allowed = walls[room];
    if (!allowed)
      throw new Error(`src/${room} is no room of the house: give it a wall in test/rooms.test.ts`);
    const broken = files
      .filter((file) => roomOf(file) === room)
      .flatMap((file) =>
        own(file)
          .filter(({ what }) => roomOf(what) !== room && !allowed.includes(roomOf(what)))
          .map(
            ({ what }) =>
              `src/${file} imports src/${what}, but ${room} ← ${allowed.join(", ") || "nothing of ours"}`,
          ),
      );
    expect(broken).toEqual([]);
  });

  it("are seen: every import of ours leads to a file", () => {
    const lost = files.flatMap((file) =>
      importsOf(file)
        .filter(({ what }) => !/^[@\w]/.test(what) || /\.ts$/.test(what))
        .filter(({ what }) => !graph.has(what))
        .map(({ what }) => `src/${file} imports ${what}, which is no file of src`),
    );
    expect(lost).toEqual([]);
  });
});

/** Circles of imports, each once, as a list of files. Types count: who shares a type belongs together, or apart. */
function circles(): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) found.add([...path.slice(at), file].join(" → "));
    if (at >= 0 || done.has(file)) return;
    for (const { what } of own(file)) visit(what, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return [...found];
}

describe("imports", () => {
  it("never go in circles, not even for types", () => {
    const found = circles();
    expect(found.map((circle) => `break this circle by moving what is shared: ${circle}`)).toEqual([]);
  });
});

const sockets = /^(?:node:)?(?:net|http|https|http2|tls|dgram)$|^(?:undici|ws|amqplib)$/;
/** What opens no socket although it comes from `node:net` or `node:http`: tables, tests and classes. */
const harmless = [
  "isIP",
  "isIPv4",
  "isIPv6",
  "BlockList",
  "STATUS_CODES",
  "ServerResponse",
  "IncomingMessage",
];
const processes = /^(?:node:)?(?:child_process|cluster)$/;

describe("the outside", () => {
  const uses = (pattern: RegExp) =>
    files.flatMap((file) =>
      (graph.get(file) ?? [])
        .filter(({ what, typeOnly }) => pattern.test(what) && !typeOnly)
        .map(({ what, names }) => ({ file, what, names })),
    );

  it("is reached through sockets and HTTP clients from wire alone", () => {
    const broken = uses(sockets)
      .filter(({ file }) => roomOf(file) !== "wire")
      .filter(({ names }) => names.length === 0 || !names.every((name) => harmless.includes(name)))
      .map(({ file, what }) => `src/${file} imports ${what}: only src/wire touches sockets and HTTP clients`);
    expect(broken).toEqual([]);
  });

  it("is reached through child processes from wire, runtime and cli alone", () => {
    // The runtime tells the service manager by its own tool; the command line may start what a person asks for.
    const broken = uses(processes)
      .filter(({ file }) => !["wire", "runtime", "cli"].includes(roomOf(file)))
      .map(({ file }) => `src/${file} starts processes: only src/wire, src/runtime and src/cli do`);
    expect(broken).toEqual([]);
  });

  it("is not reached by the global fetch, which is slow and whose errors say nothing", () => {
    const broken = files.filter((file) => /(?<![.\w])fetch\(/.test(readFileSync(join(src, file), "utf8")));
    expect(broken.map((file) => `src/${file} calls fetch: use HttpClient of src/wire`)).toEqual([]);
  });
});

describe("the page", () => {
  const ui = fileURLToPath(new URL("../ui/src", import.meta.url));
  const pages = readdirSync(ui, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
  const imports = pages.flatMap((file) =>
    [...readFileSync(join(ui, file), "utf8").matchAll(IMPORT)].map(({ groups = {} }) => ({
      file,
      what: groups["what"] ?? groups["dynamic"] ?? "",
    })),
  );

  it("knows the process by its API alone", () => {
    const outside = imports
      .filter(({ what }) => what.startsWith("."))
      .filter(({ file, what }) => relative(ui, join(ui, dirname(file), what)).startsWith(".."));
    expect(
      outside.map(({ file, what }) => `ui/src/${file} imports ${what}: ui imports nothing of src`),
    ).toEqual([]);
  });

  it("is built of few packages, because visitors load them", () => {
    const packages = new Set(imports.map(({ what }) => what).filter((what) => !what.startsWith(".")));
    expect([...packages].sort()).toEqual([
      "@preact/signals",
      "preact",
      "preact/hooks",
      "uplot",
      "uplot/dist/uPlot.min.css",
      "yaml",
    ]);
  });

  it("has no file of more than 300 lines", () => {
    const long = pages.filter((file) => readFileSync(join(ui, file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });
});

describe("files", () => {
  it("have no more than 300 lines", () => {
    const long = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({ file, lines: readFileSync(join(src, file), "utf8").split("\n").length - 1 }))
      .filter(({ file, lines }) => lines > 300 && !file.endsWith(".test.ts"));
    expect(long.map(({ file, lines }) => `src/${file} has ${lines} lines: split it by nouns`)).toEqual([]);
  });
});

describe("these rules", () => {
  it("read every kind of import", () => {
    const text = [
      'import type { A } from "./a.ts";',
      'import { type B, type C } from "./b.ts";',
      'import { type D, E } from "./c.ts";',
      'import F from "./d.ts";',
      'import * as G from "./e.ts";',
      'import "./f.ts";',
      'export { H } from "./g.ts";',
      'export type { I } from "./h.ts";',
      'export * from "./i.ts";',
      'import {\n  J,\n  K,\n} from "./j.ts";',
      'const l = await import("./k.ts");',
    ].join("\n");
    const seen = [...text.matchAll(IMPORT)].map(({ groups = {} }) => groups["what"] ?? groups["dynamic"]);
    expect(seen).toEqual([..."abcdefghijk"].map((name) => `./${name}.ts`));
  });

  it("would see a wall that was broken", () => {
    expect(graph.get("runtime/outrider.ts")?.some(({ what }) => what === "core/supervisor.ts")).toBe(true);
    expect(graph.get("core/agent.ts")?.every(({ typeOnly }) => typeOnly)).toBe(true);
    expect(roomOf("agents/haproxy/agent.ts")).toBe("agents/haproxy");
    expect(roomOf("agents/kinds.ts")).toBe("agents/kinds");
  });
});
