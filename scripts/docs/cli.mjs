import { head } from "./table.mjs";

/** What `--help` says, command by command. @param main the command line; asked in this process, since starting it takes a while */
export async function cliPage(main) {
  const help = async (...args) =>
    (await printedBy(() => main([...args, "--help"]))).trim().replace(/ +$/gm, "");
  const overview = await help();
  const names = [...overview.matchAll(/^ {2,}(\w+) {2}/gm)].map(([, name]) => name);
  const sections = [];
  for (const name of names) sections.push(`## outrider ${name}\n\n\`\`\`\n${await help(name)}\n\`\`\`\n`);
  return [head("Command line", `\`\`\`\n${overview}\n\`\`\`\n\n${EXITS}`), ...sections].join("\n");
}

/** What is written to the console meanwhile. */
async function printedBy(act) {
  const { log } = console;
  const lines = [];
  console.log = (text) => lines.push(text);
  try {
    await act();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

const EXITS = `Exit codes: 0 fine, 1 something failed, 64 the command line is wrong, 69 no Outrider answers at the admin address,
78 the configuration is wrong.`;
