/** One instruction of a Dockerfile, with its flags taken off. */
export interface Instruction {
  readonly word: string;
  readonly flags: Readonly<Record<string, string>>;
  /** What follows; several lines joined. */
  readonly text: string;
  /** Its words, if they are given as a JSON list. */
  readonly list: readonly string[] | undefined;
}

export interface Stage {
  readonly from: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile. Throws on what is none: this knows what ours uses, not all that there is. */
export function stagesOf(text: string): Stage[] {
  const stages: { from: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of linesOf(text)) {
    const instruction = instructionOf(line);
    if (instruction.word === "FROM") {
      const [from = "", as, name] = instruction.text.split(/\s+/);
      if (as !== undefined && !/^as$/i.test(as)) throw new Error(`no stage: ${line}`);
      stages.push({ from, name, instructions: [] });
    } else if (stages.length === 0) throw new Error(`before the first FROM: ${line}`);
    else stages.at(-1)!.instructions.push(instruction);
  }
  return stages;
}

/** Lines without comments, those that end in `\` joined with the next. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s*#/.test(line));
  return lines
    .join("\n")
    .replace(/\\\n\s*/g, " ")
    .split("\n");
}

const WORDS = /^(FROM|WORKDIR|COPY|RUN|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD|LABEL|ARG)\s+(.*)$/;

function instructionOf(line: string): Instruction {
  const [, word = "", rest = ""] = WORDS.exec(line) ?? [];
  if (word === "") throw new Error(`not understood: ${line}`);
  const flags: Record<string, string> = {};
  const text = rest.replace(/^(?:--([\w-]+)=(\S+)\s+)+/, (all) => {
    for (const [, name = "", value = ""] of all.matchAll(/--([\w-]+)=(\S+)/g)) flags[name] = value;
    return "";
  });
  const json = text.replace(/^CMD\s+/, "");
  return { word, flags, text, list: json.startsWith("[") ? (JSON.parse(json) as string[]) : undefined };
}

/** What a stage's image is told, the last word of each counting. */
export function settingsOf({ instructions }: Stage) {
  const last = (word: string) => instructions.findLast((each) => each.word === word);
  const environment = instructions
    .filter(({ word }) => word === "ENV")
    .map(({ text }) => text.split("=") as [string, string]);
  return {
    user: last("USER")?.text,
    folder: last("WORKDIR")?.text ?? "/",
    env: Object.fromEntries(environment),
    health: last("HEALTHCHECK"),
    command: [...(last("ENTRYPOINT")?.list ?? []), ...(last("CMD")?.list ?? [])],
    ports: instructions.filter(({ word }) => word === "EXPOSE").flatMap(({ text }) => text.split(/\s+/)),
  };
}
