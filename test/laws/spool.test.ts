import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { Health } from "../../src/core/health.ts";
import { spoolLaws } from "../../src/laws/index.ts";
import { Spool } from "../../src/wire/spool.ts";
import { until } from "../tools/until.ts";

const writer = fileURLToPath(new URL("../tools/spool-writer.mjs", import.meta.url));

describe("Spool", () => {
  const make = () => {
    const folder = mkdtempSync(join(tmpdir(), "outrider-"));
    const bytes = 100_000;
    return {
      bytes,
      open: (source: ConstructorParameters<typeof Spool<string>>[0]) =>
        new Spool<string>(source, { folder, bytes, link: new Health().part("link") }),
      size: () =>
        readdirSync(folder)
          .filter((name) => name.endsWith(".log"))
          .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
      crash: async () => {
        // A larger limit, so that nothing is let go before it is killed.
        const child = spawn(process.execPath, [writer, folder, "1000000000"], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        let told = "";
        child.stdout.setEncoding("latin1").on("data", (chunk) => (told += chunk));
        const closed = once(child, "close");
        await until("300 items are accepted", () => told.split("\n").length > 300, { within: 20_000 });
        child.kill("SIGKILL");
        await closed;
        return told.split("\n").filter((line) => line !== "").length;
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  };
  for (const law of spoolLaws(make)) it(law.name, law.check);
});
