import { LinkProblem } from "../../core/problems.ts";
import type { ListPage } from "./manager-json.ts";

export interface ListOptions {
  /** Page by offset and stop as the peer does. */
  readonly asPeer: boolean;
  readonly pageSize: number;
}

/** Asks for one page of a list by its query. */
export type Ask<T> = (query: string) => Promise<ListPage<T>>;

/**
 * Reads a whole list. Newer Managers hand a cursor from page to page. Older ones have no order in their rows, so
 * that pages could overlap or leave gaps: there everything is asked for in one answer (`limit=0`).
 */
export async function loadList<T>(ask: Ask<T>, { asPeer, pageSize }: ListOptions): Promise<T[]> {
  if (asPeer) return byOffset(ask, pageSize);
  const first = await ask(`limit=${pageSize}&offset=0`);
  if (first.next === undefined)
    return first.items.length >= first.total ? [...first.items] : (await ask("limit=0")).items.slice();
  return byCursor(ask, first, pageSize);
}

async function byOffset<T>(ask: Ask<T>, pageSize: number): Promise<T[]> {
  const items: T[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const page = await ask(`limit=${pageSize}&offset=${offset}`);
    for (const item of page.items) items.push(item);
    // Short pages do not end the list; only the total does.
    if (offset + pageSize >= page.total) return items;
  }
}

async function byCursor<T>(ask: Ask<T>, first: ListPage<T>, pageSize: number): Promise<T[]> {
  const items = [...first.items];
  for (let next = first.next; next !== undefined; ) {
    const page = await ask(`limit=${pageSize}&cursor=${encodeURIComponent(next)}`);
    for (const item of page.items) items.push(item);
    // Rows may be added meanwhile, but hardly as many as there are. How many come at once is the Manager's to say.
    const most = 2 * first.total + first.items.length;
    const endless = page.next !== undefined && (page.items.length === 0 || items.length > most);
    if (endless) throw new LinkProblem("answer_unexpected", "the Manager's pages have no end");
    next = page.next;
  }
  return items;
}
