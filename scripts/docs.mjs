// Writes the reference, the dashboard and the alerts from the code that they are about. `--check` writes nothing and fails if anything would change.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { actionsPage } from "./docs/actions.mjs";
import { apiPage } from "./docs/api.mjs";
import { cliPage } from "./docs/cli.mjs";
import { metricsPage } from "./docs/metrics.mjs";
import { optionsPage } from "./docs/options.mjs";
import { problemsPage } from "./docs/problems.mjs";
import { alertsFile } from "./monitoring/alerts.mjs";
import { dashboard } from "./monitoring/dashboard.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// Before the command line is loaded: its help is written without colours.
process.env["NO_COLOR"] = "1";
const { kinds } = await import("../dist/agents/kinds.js");
const { rootJsonSchema } = await import("../dist/config/root.js");
const { fleetMetrics } = await import("../dist/runtime/fleet/metrics.js");
const { coreMetrics } = await import("../dist/core/core-metrics.js");

const pages = {
  "docs/reference/options.md": optionsPage(rootJsonSchema(kinds)),
  "docs/reference/problems.md": problemsPage((await import("../dist/core/codes.js")).codes),
  "docs/reference/metrics.md": metricsPage(coreMetrics, kinds, fleetMetrics),
  "docs/reference/actions.md": actionsPage(kinds, (await import("../dist/config/json-schema.js")).jsonSchema),
  "docs/reference/api.md": apiPage((await import("../dist/runtime/admin/openapi.js")).openApi()),
  "docs/reference/cli.md": await cliPage((await import("../dist/cli/main.js")).main),
  "deploy/grafana/outrider.json": dashboard(coreMetrics, kinds, fleetMetrics),
  "deploy/prometheus/alerts.yaml": alertsFile(coreMetrics, kinds, fleetMetrics),
  "schema/outrider.schema.json": `${JSON.stringify(rootJsonSchema(kinds), undefined, 2)}\n`,
};

const check = process.argv.includes("--check");
const stale = [];
for (const [file, text] of Object.entries(pages)) {
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale.push(file);
  if (check) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (check && stale.length > 0) {
  console.error(`the reference is not what the code says: ${stale.join(", ")}; run \`npm run docs\``);
  process.exit(1);
}
console.log(stale.length === 0 ? "the reference is up to date" : `written: ${stale.join(", ")}`);
