import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Asking, answerTo } from "./answer.ts";
import { type PageOptions, PageTable, type ReadyPage } from "./pages.ts";

const text = "User-agent: *\nDisallow: /drafts/\n".repeat(100);
const plain: PageOptions = { etag: false, compress: false, charset: undefined };
const all: PageOptions = { etag: true, compress: true, charset: "utf-8" };

async function ready(options: PageOptions, content = text): Promise<ReadyPage> {
  const page = { type: "BASIC", path: "/x", content, contentType: "XML" };
  return (await PageTable.of([page], options)).find("", "/x")!;
}

function ask(page: ReadyPage, asking: Partial<Asking> = {}): Answer {
  return answerTo({ kind: "page", page }, { method: "GET", ...asking }, { cacheControl: undefined });
}

describe("a page without options", () => {
  it("has the peer's headers and no others, whatever the caller offers", async () => {
    const answer = ask(await ready(plain), { acceptEncoding: "br, gzip", ifNoneMatch: "*" });
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "application/xml" } });
    expect(Object.keys(answer.headers)).toEqual(["content-type"]);
    expect(String(answer.body)).toBe(text);
  });
});

describe("a page with all options", () => {
  let page: ReadyPage;
  beforeAll(async () => {
    page = await ready(all);
  });

  it.each([
    ["br", "br"],
    ["gzip, br", "br"],
    ["GZIP", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["gzip;q=0", undefined],
    ["br;q=0.0,gzip; q=0.000", undefined],
    ["identity", undefined],
    ["brotli", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("is sent to who accepts %j as %j", (acceptEncoding, coding) => {
    const { headers, body } = ask(page, { acceptEncoding });
    expect(headers["content-encoding"]).toBe(coding);
    expect(headers).toMatchObject({
      vary: "Accept-Encoding",
      "content-type": "application/xml; charset=utf-8",
    });
    const bytes = body as Buffer;
    const plainBytes = coding === "br" ? brotliDecompressSync(bytes) : coding ? gunzipSync(bytes) : bytes;
    expect(String(plainBytes)).toBe(text);
  });

  it("has another ETag in each coding, and each is known by its own alone", () => {
    const tags = ["br", "gzip", undefined].map(
      (acceptEncoding) => ask(page, { acceptEncoding }).headers["etag"]!,
    );
    expect(new Set(tags).size).toBe(3);
    for (const [i, acceptEncoding] of ["br", "gzip", undefined].entries()) {
      const statuses = tags.map((ifNoneMatch) => ask(page, { acceptEncoding, ifNoneMatch }).status);
      expect(statuses).toEqual(tags.map((_, j) => (i === j ? 304 : 200)));
    }
  });

  it.each(["W/TAG", '"x", TAG', "*", "TAG,TAG"])("is known by %s", (form) => {
    const tag = ask(page).headers["etag"]!;
    const answer = ask(page, { ifNoneMatch: form.replaceAll("TAG", tag) });
    expect(answer).toMatchObject({
      status: 304,
      headers: { etag: tag, vary: "Accept-Encoding" },
      body: undefined,
    });
  });

  it.each(["POST", "PUT", "DELETE"])("is sent anew to %s, which no ETag is about", (method) => {
    expect(ask(page, { method, ifNoneMatch: "*" }).status).toBe(200);
  });

  it("has the same ETag when it is loaded again, and another when it changes", async () => {
    const tag = (each: ReadyPage) => ask(each).headers["etag"];
    expect(tag(await ready(all))).toBe(tag(page));
    expect(tag(await ready(all, `${text}x`))).not.toBe(tag(page));
  });

  it("is not compressed if it is small", async () => {
    const answer = ask(await ready(all, "short"), { acceptEncoding: "br" });
    expect(answer.headers).not.toHaveProperty("content-encoding");
    expect(answer.headers).not.toHaveProperty("vary");
  });
});
