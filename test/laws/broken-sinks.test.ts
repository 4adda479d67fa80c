import { describe, expect, it } from "vitest";
import type { Sink } from "../../src/core/delivery.ts";
import { onAbort } from "../../src/core/life.ts";
import { LinkProblem, PartialProblem, RejectedProblem } from "../../src/core/problems.ts";
import type { Revision } from "../../src/core/revision.ts";
import { sinkLaws, snapshotLaws } from "../../src/laws/index.ts";
import { nowhere } from "../../src/wire/snapshot.ts";
import { broken } from "../tools/broken.ts";

// A law that nothing can break is worth nothing. So each is broken here, by something that comes near to obeying it.

describe("the laws of a sink are broken by one that", () => {
  type Write = (items: readonly number[], signal: AbortSignal, kept: number[]) => Promise<void>;

  function sink(write: Write, more: object = {}) {
    const kept: number[] = [];
    let down = false;
    return {
      sink: {
        write: async (items, signal) => {
          if (down) throw new LinkProblem("connect_failed", "down");
          await write(items, signal, kept);
        },
      } satisfies Sink<number>,
      item: (number: number) => number,
      refused: () => -1,
      arrived: () => [...kept],
      break: () => {
        down = true;
      },
      mend: () => {
        down = false;
      },
      ...more,
    };
  }

  const good: Write = async (items, signal, kept) => {
    if (signal.aborted) throw new LinkProblem("connect_failed", "told to stop");
    kept.push(...items.filter((item) => item >= 0));
    const failed = items.flatMap((item, index) => (item < 0 ? [index] : []));
    if (failed.length === 0) return;
    throw new PartialProblem(
      new Map(failed.map((index) => [index, new RejectedProblem("item_refused", "never")])),
    );
  };

  it("nothing is broken by a good one", async () => {
    for (const law of sinkLaws(() => sink(good))) await law.check();
  });

  it.each<[string, string, Write, object?]>([
    [
      "is silent too early",
      "only when everything",
      async (items, _, kept) => void setTimeout(() => kept.push(...items), 20),
    ],
    ["loses some", "only when everything", async (items, signal, kept) => good(items.slice(1), signal, kept)],
    [
      "writes although the signal has rung",
      "rung before",
      async (items, _, kept) => void kept.push(...items),
    ],
    ["is silent although the signal has rung", "rung before", async () => {}],
    [
      "does not hear the signal",
      "ends when the signal rings",
      (_, signal) => new Promise(() => onAbort(signal, () => {})),
      { hang: () => {} },
    ],
    [
      "leaves a listener",
      "leaves nobody listening",
      async (items, signal, kept) => {
        signal.addEventListener("abort", () => {}, { signal: new AbortController().signal });
        setTimeout(() => signal.addEventListener("abort", () => {}), 0);
        await good(items, signal, kept);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (signal.aborted) signal.addEventListener("abort", () => {});
      },
    ],
    ["throws no problem", "as a problem", good, { break: () => {} }],
    [
      "refuses all for one",
      "names what can never",
      async (items, signal, kept) => {
        if (items.some((item) => item < 0)) throw new RejectedProblem("item_refused", "never");
        await good(items, signal, kept);
      },
    ],
    [
      "names the wrong one",
      "names what can never",
      (items, signal, kept) =>
        good(items, signal, kept).catch(() => {
          throw new PartialProblem(new Map([[0, new RejectedProblem("item_refused", "never")]]));
        }),
    ],
  ])("%s", { timeout: 60_000 }, async (_, law, write, more) => {
    expect(
      await broken(
        sinkLaws(() => sink(write, more)),
        law,
      ),
    ).toBeDefined();
  });
});

describe("the laws of a snapshot are broken by one that", () => {
  it("remembers nothing where it should", async () => {
    expect(
      await broken(
        snapshotLaws(() => ({ open: () => nowhere })),
        "saved last",
      ),
    ).toBeDefined();
  });

  it("remembers where it should not", async () => {
    let kept: Revision<unknown> | undefined;
    const open = () => ({
      load: async () => kept,
      save: async (revision: Revision<unknown>) => {
        kept = revision;
      },
    });
    expect(
      await broken(
        snapshotLaws(() => ({ open, remembers: false })),
        "saved last",
      ),
    ).toBeDefined();
  });

  it("loads what is torn", async () => {
    let text = "";
    const open = () => ({
      load: async () => (text === "" ? undefined : JSON.parse(text)),
      save: async (revision: unknown) => {
        text = JSON.stringify(revision);
      },
    });
    const tear = () => {
      text = text.replace("v1", "v9");
    };
    expect(
      await broken(
        snapshotLaws(() => ({ open, tear })),
        "torn",
      ),
    ).toBeDefined();
  });

  it("mixes what several save", async () => {
    const lines: string[] = [];
    const open = () => ({
      load: async () => (lines.length === 0 ? undefined : JSON.parse(lines.join(""))),
      save: async (revision: { version: string; data: unknown }) => {
        lines[0] = `{"version":"${revision.version}",`;
        await new Promise((resolve) => setTimeout(resolve, revision.version === "v9" ? 0 : 5));
        lines[1] = `"data":${JSON.stringify(revision.data)}}`;
      },
    });
    expect(
      await broken(
        snapshotLaws(() => ({ open })),
        "mixes",
      ),
    ).toBeDefined();
  });
});
