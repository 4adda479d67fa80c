// `npm run executable`: one file that runs without Node and without packages. It is Node's own single-executable
// form: the code as one CommonJS file, and the files that come with the package, inside a copy of the running Node.
// https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "postject";
import { bundle } from "./executable/bundle.mjs";
import { packageFiles } from "./executable/files.mjs";

/** How Node marks the place that says whether something was put inside. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = resolve(process.argv[2] ?? join(root, "build", "outrider"));
const work = `${target}.parts`;

mkdirSync(work, { recursive: true });
try {
  await bundle(root, work);
  execFileSync(process.execPath, ["--experimental-sea-config", configuration()], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  rmSync(target, { force: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  const options = { sentinelFuse: FUSE, machoSegmentName: "NODE_SEA" };
  await inject(target, "NODE_SEA_BLOB", readFileSync(join(work, "blob")), options);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${target}: ${Math.round(statSync(target).size / 1e6)} MB, Node ${process.versions.node}`);

/** What Node is told to put inside. */
function configuration() {
  const files = packageFiles(root);
  writeFileSync(join(work, "files.json"), JSON.stringify(files));
  const config = {
    main: join(work, "outrider.cjs"),
    output: join(work, "blob"),
    disableExperimentalSEAWarning: true,
    // Starts in three quarters of the time. It forbids `import()`, of which the bundle has none left.
    useCodeCache: true,
    assets: {
      "files.json": join(work, "files.json"),
      "lua.wasm": createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm"),
      ...Object.fromEntries(files.map((file) => [file, join(root, file)])),
    },
  };
  writeFileSync(join(work, "sea.json"), JSON.stringify(config));
  return join(work, "sea.json");
}
