import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { folder } from "../tools/folder.ts";
import { runOutrider, startOutrider } from "../tools/outrider.ts";
import { install, link, type Packed, pack } from "../tools/packed.ts";
import { freePort } from "../tools/ports.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);
const tidy = new Tidy();
const forAll = new Tidy("all");

/** `outrider`, `outrider/redirects` and so on. */
const modules = Object.keys(manifest.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(".", "outrider"));

let packed: Packed;
let home: string;

beforeAll(async () => {
  packed = await pack(forAll);
  home = await install(forAll, packed);
}, 120_000);

describe("the package", () => {
  it("holds what is run and read, and nothing of what it was made with", () => {
    const wanted = ["dist/cli.js", "dist/demo/featbit.js", "dist/ui/index.html", "dist/ui/licenses.md"];
    for (const path of [...wanted, "examples/demo/outrider.yaml", "LICENSE"])
      expect(packed.files).toContain(path);
    const odd = packed.files.filter((path) =>
      /\.test\.|tsbuildinfo|\.map$|\.built$|_template|^(src|test|scripts|ui)\//.test(path),
    );
    expect(odd).toEqual([]);
  });

  it("has nothing that publint would say of it", async () => {
    const tarball = new Uint8Array(readFileSync(packed.tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true, level: "suggestion" });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  it("has types that are found, and are those of the code, wherever TypeScript looks as Node does", async () => {
    const data = new Uint8Array(readFileSync(packed.tarball));
    const checked = await checkPackage(createPackageFromTarballData(data));
    if (!checked.types) throw new Error("it has no types");
    // TypeScript's `node10` is a Node that cannot run it. That `require` gets ES modules is meant: Node can do that.
    const problems = checked.problems.filter(
      (problem) =>
        !("resolutionKind" in problem && problem.resolutionKind === "node10") &&
        problem.kind !== "CJSResolvesToESM",
    );
    expect(problems).toEqual([]);
    const seen = Object.keys(checked.entrypoints).filter((path) => path !== "./package.json");
    expect(seen.map((path) => path.replace(".", "outrider")).toSorted()).toEqual(modules.toSorted());
  });
});

describe("installed in an empty folder", () => {
  it.each(modules)("%s can be imported, and required", async (name) => {
    const file = join(home, "load.mjs");
    writeFileSync(
      file,
      `import { createRequire } from "node:module";
      import * as imported from ${JSON.stringify(name)};
      const required = createRequire(import.meta.url)(${JSON.stringify(name)});
      const names = Object.keys(imported).sort();
      if (names.join() !== Object.keys(required).filter((key) => key !== "__esModule").sort().join()) throw new Error("they differ");
      console.log(names.length);`,
    );
    const { stdout } = await run(process.execPath, ["--no-warnings", file], { cwd: home });
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  it.each(["nodenext", "bundler"])("is understood by TypeScript with `moduleResolution: %s`", async (how) => {
    link(home, ["@types/node", "undici-types"]);
    writeFileSync(join(home, "app.ts"), APP);
    const module = how === "bundler" ? "esnext" : how;
    const compilerOptions = { strict: true, module, moduleResolution: how, target: "es2023", noEmit: true };
    const options = { ...compilerOptions, types: ["node"], skipLibCheck: false };
    writeFileSync(
      join(home, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["app.ts"] }),
    );
    writeFileSync(join(home, "package.json"), '{ "type": "module" }');
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const { stdout } = await run(tsc, ["-p", "."], { cwd: home }).catch((error) => error);
    expect(stdout).toBe("");
  });

  it("`outrider` knows its version", async () => {
    const program = [join(home, "node_modules", ".bin", "outrider")];
    const args = ["--version"];
    expect(await runOutrider(tidy, { program, args })).toMatchObject({
      status: 0,
      stdout: `${manifest.version}\n`,
    });
  });

  it("`outrider demo` runs every kind, with its page, and tells how to call it", async () => {
    const env: Record<string, string> = {};
    for (const name of ["ADMIN", "HTTP", "CHECK", "INBOX", "FLAGS"])
      env[`DEMO_${name}`] = `127.0.0.1:${await freePort()}`;
    const program = [join(home, "node_modules", ".bin", "outrider")];
    const outrider = await startOutrider(tidy, {
      program,
      args: ["demo", "--dir", await folder(tidy)],
      env,
    });
    await outrider.says("every required agent is ready");
    const { agents } = await outrider.api<{ agents: { kind: string; standing: string }[] }>("/api/agents");
    expect(agents.map(({ kind, standing }) => `${kind} ${standing}`).toSorted()).toEqual(
      ["celery", "flags", "haproxy", "queue", "redirects"].map((kind) => `${kind} ready`),
    );
    const sdk = await fetch(`http://${env["DEMO_HTTP"]}/featbit.js`);
    expect(await sdk.text()).toContain("FbClientBuilder");
    const room = await fetch(`http://${env["DEMO_ADMIN"]}/`);
    expect(await room.text()).toContain("<title>Outrider</title>");
    await until("it has told all", () => outrider.stdout.includes("Ctrl-C ends it"));
    expect(outrider.stdout).toMatch(/^ {2}npx outrider status /m);
  });
});

const APP = `${modules.map((name, index) => `import * as m${index} from ${JSON.stringify(name)};`).join("\n")}
import { embed } from "outrider";
import { redirects } from "outrider/redirects";
import { expressRedirects } from "outrider/redirects/express";

export const all = [${modules.map((_, index) => `m${index}`).join(", ")}];
const shop = await embed(redirects, { from: { file: "rules.yaml" } });
export const layer = expressRedirects(shop);
export const found: { status: number } | undefined = shop.match("example.com", "/old");
// @ts-expect-error: there is no such option, and the types say so
await embed(redirects, { form: { file: "rules.yaml" } });
`;
