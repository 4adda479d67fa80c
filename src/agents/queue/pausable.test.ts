import { describe, expect, it } from "vitest";
import { delivery, HandFeed, type Recorded } from "../../../test/tools/hand-feed.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { until } from "../../../test/tools/until.ts";
import { rung } from "../../core/life.ts";
import { oneByOne, type Source } from "../../core/source.ts";
import { Opened } from "../../laws/opened.ts";
import { Pausable } from "./pausable.ts";

const tidy = new Tidy();

/** A source that is open, and its deliveries so far. */
function opened() {
  const feed = new HandFeed<Recorded<string>>();
  const subject = new Pausable<string>(feed);
  const link = new Opened(subject);
  tidy.later(async () => {
    link.ring();
    await link.ended;
  });
  const give = (...values: string[]) => {
    const all = values.map((value) => delivery(value));
    feed.give(...all);
    return all;
  };
  return { feed, subject, link, give };
}

describe("Pausable", () => {
  it("closes its link once everything is settled, and opens it again when it is resumed", async () => {
    const { feed, subject, link, give } = opened();
    give("a");
    const [a] = await link.first(1);
    subject.pause();
    expect(feed.links[0]?.signal.aborted).toBe(false);
    await a?.settle("done");
    expect(feed.links[0]?.signal.aborted).toBe(true);
    subject.resume();
    await until("it is open again", () => feed.links.length === 2);
    give("b");
    expect((await link.first(2)).map(({ value }) => value)).toEqual(["a", "b"]);
  });

  it("closes at once where nothing is out", async () => {
    const { feed, subject } = opened();
    await until("it is open", () => feed.links.length === 1);
    subject.pause();
    expect(feed.links[0]?.signal.aborted).toBe(true);
  });

  it("leaves unsettled what comes before the link is closed", async () => {
    const { subject, link, give } = opened();
    give("a");
    const [a] = await link.first(1);
    subject.pause();
    const [b] = give("b");
    await new Promise((resolve) => setImmediate(resolve));
    await a?.settle("done");
    await new Promise((resolve) => setImmediate(resolve));
    expect([link.items.length, b?.outcomes]).toEqual([1, []]);
  });

  it("forgets nothing that came in a pause which ended before the link was closed", async () => {
    const { feed, subject, link, give } = opened();
    give("a");
    await link.first(1);
    subject.pause();
    give("b", "c");
    await new Promise((resolve) => setImmediate(resolve));
    subject.resume();
    expect((await link.first(3)).map(({ value }) => value)).toEqual(["a", "b", "c"]);
    expect(feed.links).toHaveLength(1);
  });

  it("keeps what is left of a handful when it is paused in between", async () => {
    const all = ["a", "b", "c"].map((value) => delivery(value));
    const subject = new Pausable<string>(handful(all));
    const controller = new AbortController();
    const link = { signal: controller.signal, after: undefined, up() {} };
    const taken: string[] = [];
    const handfuls = subject.handfuls(link);
    const take = async () => {
      for (const { value } of (await handfuls.next()).value ?? []) {
        taken.push(value);
        if (value === "a") subject.pause();
      }
    };
    await take();
    expect(taken).toEqual(["a"]);
    const rest = take();
    subject.resume();
    await rest;
    expect(taken).toEqual(["a", "b", "c"]);
    controller.abort();
    await handfuls.return(false);
  });
});

/** A source that has everything at once, and then nothing until its end. */
function handful(all: readonly Recorded<string>[]): Source<string> {
  async function* handfuls({ signal }: { readonly signal: AbortSignal }) {
    yield all;
    await rung(signal);
  }
  return { open: (link) => oneByOne(handfuls(link)), handfuls };
}
