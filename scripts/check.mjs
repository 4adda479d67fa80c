// What must be clean before a change is merged: types, style, and generated pages that agree with the code.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);

/** What `npm run docs` writes. */
const GENERATED = ["docs/reference", "schema", "deploy/grafana", "deploy/prometheus"];

const steps = [
  ["setup", process.execPath, "scripts/setup.mjs"],
  ["types", bin("tsc"), "--noEmit"],
  ["types of the page", bin("tsc"), "--project", "ui"],
  ["style", bin("biome"), "ci", "."],
];
if (existsSync(join(root, "scripts", "docs.mjs"))) {
  // The pages are written anew; whoever is told of a difference here has it in the working tree already.
  steps.push(["docs", "npm", "run", "--silent", "docs"]);
  steps.push(["drift", "git", "diff", "--exit-code", "--stat", "--", ...GENERATED]);
}

const failed = steps.filter(([name, program, ...args]) => {
  console.log(`— ${name}`);
  return spawnSync(program, args, { cwd: root, stdio: "inherit" }).status !== 0;
});
console.log(failed.length === 0 ? "all clean" : `not clean: ${failed.map(([name]) => name).join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
