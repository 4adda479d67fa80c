import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { defineCommand } from "citty";
import { kinds } from "../agents/kinds.ts";
import { loadConfig, readSources } from "../config/load.ts";
import { whenReady } from "../runtime/admin/readiness.ts";
import { ProcessLog } from "../runtime/log.ts";
import { runProcess } from "../runtime/process.ts";
import type { Signals } from "../runtime/signals.ts";
import { firstFree } from "../wire/free-address.ts";
import { packageFile, packageFolder } from "../wire/package-files.ts";
import { demoPage } from "./demo-page.ts";
import { exit } from "./exit.ts";
import { tour } from "./tour.ts";

/** `outrider demo`: every kind on embedded defaults, in a folder of its own, with a tour. */
export function demo(signals: Signals) {
  return defineCommand({
    meta: {
      name: "demo",
      description: "Run every kind on embedded defaults, with a short tour; needs no server",
    },
    args: {
      dir: {
        type: "string",
        description: "Where the demo's files are put. Default: a new temporary folder.",
        valueHint: "path",
      },
    },
    run: async ({ args }) => {
      const dir = args.dir ?? mkdtempSync(join(tmpdir(), "outrider-demo-"));
      furnish(dir);
      const env = {
        ...process.env,
        DEMO_DIR: dir,
        DEMO_STATE: join(dir, "state"),
        DEMO_ADMIN: process.env["DEMO_ADMIN"] ?? (await firstFree("127.0.0.1:9900")),
        DEMO_HTTP: process.env["DEMO_HTTP"] ?? (await firstFree("127.0.0.1:8080")),
        DEMO_CHECK: process.env["DEMO_CHECK"] ?? (await firstFree("127.0.0.1:9777")),
        DEMO_INBOX: process.env["DEMO_INBOX"] ?? (await firstFree("127.0.0.1:8090")),
        DEMO_FLAGS: process.env["DEMO_FLAGS"] ?? (await firstFree("127.0.0.1:6100")),
      };
      writeFileSync(join(dir, "page.yaml"), demoPage(env.DEMO_FLAGS));
      const load = () => loadConfig(readSources(join(dir, "outrider.yaml")), kinds, env);
      const found = { what: join(dir, "outrider.yaml"), load, notes: [] };
      const log = new ProcessLog();
      await runProcess({
        found,
        kinds,
        env,
        log,
        signals,
        started: (outrider) => void whenReady(outrider).then(() => tour(dir, env)),
      });
      return exit.ok;
    },
  });
}

/** Puts the demo's files there. A second demo in the same folder keeps what was changed. */
function furnish(dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const path of packageFolder("examples/demo")) {
    const target = join(dir, basename(path));
    if (!existsSync(target)) writeFileSync(target, packageFile(path));
  }
}
