// Puts FeatBit's browser SDK where the demo's page finds it. It is no dependency of ours: the built file comes along.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sdk = join(dirname(createRequire(import.meta.url).resolve("@featbit/js-client-sdk")), "../..");
const read = (...names) => readFileSync(join(sdk, ...names), "utf8").trim();

const code = read("dist", "umd", "featbit-js-client-sdk.js").replace(/\n\/\/# sourceMappingURL=.*$/, "");
const { name, version } = JSON.parse(read("package.json"));
mkdirSync(join(root, "dist", "demo"), { recursive: true });
writeFileSync(
  join(root, "dist", "demo", "featbit.js"),
  `/* ${name} ${version}\n\n${read("LICENSE")} */\n${code}\n`,
);
