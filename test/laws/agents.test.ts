import { describe, it } from "vitest";
import { agentLaws } from "../../src/laws/index.ts";
import { Tidy } from "../tools/tidy.ts";
import { all, subjectOf } from "./settings.ts";

const tidy = new Tidy();

describe.each(all.map((kind) => [kind.kind, kind] as const))("the kind %s", (_, kind) => {
  for (const law of agentLaws(() => subjectOf(tidy, kind))) it(law.name, law.check);
});
