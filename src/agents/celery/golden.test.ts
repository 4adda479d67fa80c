import { describe, expect, it } from "vitest";
import { vectors } from "../../../test/tools/vectors.ts";
import { argumentFields, flatKeywords } from "./arguments.ts";
import { dateMs } from "./date.ts";
import { type Document, documentOf } from "./document.ts";
import { checkEvent } from "./event.ts";
import { failureOf } from "./failure.ts";
import { mergeAll } from "./merge.ts";

interface Case {
  readonly case?: string;
  readonly bodies: readonly unknown[];
  readonly docs?: readonly object[];
  readonly throws?: string;
}
interface Text {
  readonly len: number;
  readonly head: string;
}

const { sections } = vectors("leek-agent-golden.json") as {
  sections: {
    single_events: readonly Case[];
    validation: readonly Case[];
    body_shapes: readonly Case[];
    merge: readonly Case[];
    whole_session: { readonly docs: readonly object[] };
    args: readonly { readonly in: string; readonly out: object }[];
    kwargs: readonly { readonly in: string; readonly out: object }[];
    traceback_parse: readonly { readonly in: string; readonly lang: string; readonly error: object }[];
    failure_docs: readonly { readonly event: Record<string, unknown>; readonly doc: object }[];
    names: readonly { readonly in: string; readonly out: object }[];
    eta: readonly { readonly in: string; readonly eta: number | null }[];
  };
};

/** What the bodies of a batch become, with the relaxations off, as the peer. */
function documents(bodies: readonly unknown[]): object[] {
  const events = bodies.flat().flatMap((value) => checkEvent(value, true, () => {}) ?? []);
  return mergeAll(events.map((event) => documentOf(event, "prod", 1))).map(({ document }) => bare(document));
}

function bare({ updated_at: _, ...document }: Document): object {
  return JSON.parse(JSON.stringify(document)) as object;
}

describe("documents, as the peer makes them", () => {
  const cases = [
    ...sections.single_events,
    ...sections.validation,
    ...sections.body_shapes,
    ...sections.merge,
  ];
  const given = cases.filter(({ throws }) => throws === undefined);

  it.each(given.map((each, index) => [each.case ?? `event ${index}`, each] as const))(
    "%s",
    (_, { bodies, docs }) => {
      expect(documents(bodies)).toEqual(docs);
    },
  );

  const { messages } = vectors("celery-events-amqp.json") as { messages: readonly { body_utf8: string }[] };
  const session = messages.map(({ body_utf8 }) => JSON.parse(body_utf8) as unknown);

  it("a whole session, from the recorded messages", () => {
    expect(documents(session)).toEqual(sections.whole_session.docs);
  });

  const thrown = cases.filter(({ throws }) => throws !== undefined);
  it.each(thrown.map((each) => [each.case, each] as const))(
    "where the peer throws, the rest of the batch goes on: %s",
    (_, { bodies }) => {
      const middle = session.length >> 1;
      const batch = documents([...session.slice(0, middle), ...bodies, ...session.slice(middle)]);
      // What itself becomes a document here has one of its own.
      const own = new Set(documents(bodies).map((each) => (each as Document).id));
      const rest = batch.filter((each) => !own.has((each as Document).id));
      expect(rest).toEqual(sections.whole_session.docs);
      expect(batch).toHaveLength(rest.length + own.size);
    },
  );
});

describe("pieces of documents", () => {
  it.each(sections.args)("arguments $in", (each) => {
    expect(argumentFields(each.in)).toEqual(each.out);
  });

  it.each(sections.kwargs)("keyword arguments $in", (each) => {
    expect(flatKeywords(each.in)).toEqual(each.out);
  });

  it.each(sections.traceback_parse)("traceback $in", (each) => {
    const { lang, error, trace } = failureOf(each.in, undefined);
    expect({ lang, error, trace }).toEqual({
      lang: each.lang,
      error: each.error,
      trace: { raw: each.in, text: each.in, wc: each.in },
    });
  });

  it.each(sections.eta)("date $in", (each) => {
    expect(dateMs(each.in) ?? null).toBe(each.eta);
  });

  it.each(sections.names)("name $in", (each) => {
    const event = {
      type: "task-sent",
      uuid: "u",
      timestamp: 1,
      utcoffset: 0,
      pid: 1,
      clock: 1,
      name: each.in,
    };
    expect(documentOf(event as never, "prod", 1)["name_parts"]).toEqual(each.out);
  });

  it.each(sections.failure_docs)("failure of $event.type", ({ event, doc }) => {
    const full = Object.fromEntries(Object.entries(event).map(([key, value]) => [key, longText(value)]));
    const made = documentOf(full as never, "prod", 1);
    expect(shortened(bare(made), doc)).toEqual(doc);
  });
});

/** Long texts are recorded by their length and begin. */
function longText(value: unknown): unknown {
  const { len, head } = value as Partial<Text>;
  return len === undefined ? value : `${head}${head!.at(-1)!.repeat(len - head!.length)}`;
}

function shortened(value: unknown, like: unknown): unknown {
  if (typeof value === "string" && typeof like === "object" && like !== null) {
    const { head } = like as Text;
    return { len: value.length, head: value.slice(0, head.length) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const wanted = like as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, shortened(inner, wanted[key])]),
  );
}
