import { describe, expect, it } from "vitest";
import { delivery, HandFeed, type Recorded } from "../../test/tools/hand-feed.ts";
import type { Link } from "./feed.ts";
import { type Handful, handfuls, handfulsOf, oneByOne, type Source } from "./source.ts";

const link = (): Link<never> => ({ signal: new AbortController().signal, after: undefined, up() {} });

/** A source with two handfuls, and how many of its items were taken out of it. */
function twoHandfuls() {
  const taken: string[] = [];
  function* handful(...values: readonly string[]): Handful<string> {
    for (const value of values) {
      taken.push(value);
      yield delivery(value);
    }
  }
  async function* all() {
    yield handful("a", "b");
    yield handful("c");
  }
  const source: Source<string> = { open: () => oneByOne(all()), handfuls: all };
  return { source, taken };
}

async function valuesOf(all: AsyncIterable<Handful<string>>): Promise<string[][]> {
  const values: string[][] = [];
  for await (const handful of all) values.push([...handful].map(({ value }) => value));
  return values;
}

describe("the handfuls of a source", () => {
  it("are what it hands over together", async () => {
    expect(await valuesOf(handfuls(twoHandfuls().source, link()))).toEqual([["a", "b"], ["c"]]);
  });

  it("are of one where it has none", async () => {
    const feed = new HandFeed<Recorded<string>>();
    feed.give(delivery("a"), delivery("b"));
    feed.end();
    expect(await valuesOf(handfuls(feed, link()))).toEqual([["a"], ["b"]]);
  });

  it("one by one are all of it, and nothing is taken before it is asked for", async () => {
    const { source, taken } = twoHandfuls();
    const opened = source.open(link())[Symbol.asyncIterator]();
    await opened.next();
    expect(taken).toEqual(["a"]);
    await opened.next();
    await opened.next();
    expect(taken).toEqual(["a", "b", "c"]);
    expect((await opened.next()).done).toBe(true);
  });

  it("can be followed, and go on after nothing: what was not settled comes again", async () => {
    const links: unknown[] = [];
    const source: Source<string> = {
      async *open({ after }) {
        links.push(after);
        yield delivery("b");
      },
    };
    const feed = handfulsOf(source);
    for await (const _ of feed.open({ ...link(), after: [delivery("a")] })) break;
    expect(links).toEqual([undefined]);
  });
});
