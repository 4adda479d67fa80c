import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { Health } from "../../src/core/health.ts";
import { spoolLaws } from "../../src/laws/index.ts";
import { Spool } from "../../src/wire/spool.ts";
import { folder } from "../tools/folder.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const tidy = new Tidy();
const writer = fileURLToPath(new URL("../tools/spool-writer.mjs", import.meta.url));

describe("Spool", () => {
  const make = async () => {
    const path = await folder(tidy);
    const bytes = 100_000;
    return {
      bytes,
      open: (source: ConstructorParameters<typeof Spool<string>>[0]) =>
        new Spool<string>(source, { folder: path, bytes, link: new Health().part("link") }),
      size: () =>
        readdirSync(path)
          .filter((name) => name.endsWith(".log"))
          .reduce((sum, name) => sum + statSync(join(path, name)).size, 0),
      crash: async () => {
        // A larger limit, so that nothing is let go before it is killed.
        const child = spawn(process.execPath, [writer, path, "1000000000"], {
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
    };
  };
  for (const law of spoolLaws(make)) it(law.name, law.check);
});
