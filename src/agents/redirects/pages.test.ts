import { describe, expect, it } from "vitest";
import { vectors } from "../../../test/tools/vectors.ts";
import { toBytes } from "./bytes.ts";
import { PageTable } from "./pages.ts";
import type { Page } from "./rules.ts";

interface PageVector {
  readonly id: string;
  readonly title: string;
  readonly pages: readonly Page[];
  readonly host: string;
  readonly uri: string;
  readonly expect: { readonly matched: boolean; readonly page?: number; readonly http_content_type?: string };
}

const plain = { etag: false, compress: false, charset: undefined };

describe("pages match as the peer's do", () => {
  const { vectors: recorded } = vectors<{ vectors: PageVector[] }>("flecto-pages.json");

  it.each(recorded.map((vector) => [vector.id, vector.title, vector] as const))(
    "%s %s",
    async (_id, _title, { pages, host, uri, expect: expected }) => {
      const table = await PageTable.of(pages, plain);
      const found = table.find(toBytes(host), toBytes(uri));
      expect(found !== undefined).toBe(expected.matched);
      if (!found || expected.page === undefined) return;
      expect(found.page).toBe(pages[expected.page]);
      expect(found.body.toString()).toBe(pages[expected.page]!.content);
      expect(found.type).toBe(expected.http_content_type);
    },
  );
});
