import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { head } from "./table.mjs";

const run = promisify(execFile);

/** What `--help` says, command by command. */
export async function cliPage(cli) {
  const help = async (...args) => (await run(process.execPath, [cli, ...args, "--help"], { env: { ...process.env, NO_COLOR: "1" } })).stdout.trim().replace(/ +$/gm, "");
  const overview = await help();
  const names = [...overview.matchAll(/^ {2,}(\w+)  /gm)].map(([, name]) => name);
  const sections = [];
  for (const name of names) sections.push(`## outrider ${name}\n\n\`\`\`\n${await help(name)}\n\`\`\`\n`);
  return [head("Command line", `\`\`\`\n${overview}\n\`\`\`\n\n${EXITS}`), ...sections].join("\n");
}

const EXITS = `Exit codes: 0 fine, 1 something failed, 64 the command line is wrong, 69 no Outrider answers at the admin address,
78 the configuration is wrong.`;
