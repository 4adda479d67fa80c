import { describe, it } from "vitest";
import { agentLaws } from "../../src/laws/index.ts";
import { all, subjectOf } from "./settings.ts";

describe.each(all.map((kind) => [kind.kind, kind] as const))("the kind %s", (_, kind) => {
  for (const law of agentLaws(() => subjectOf(kind))) it(law.name, law.check);
});
