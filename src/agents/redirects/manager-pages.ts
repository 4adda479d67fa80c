import type { Told } from "../../core/pace.ts";
import { LinkProblem } from "../../core/problems.ts";
import type { ListPage } from "./manager-json.ts";

export interface ListOptions {
  /** Page by offset and stop as the peer does. */
  readonly asPeer: boolean;
  readonly pageSize: number;
  /** Told after each page how many items have come. */
  readonly told?: Told | undefined;
}

/** Asks for one page of a list by its query. */
export type Ask<T> = (query: string) => Promise<ListPage<T>>;

/**
 * Reads a whole list. Newer Managers hand a cursor from page to page. Older ones have no order in their rows, so
 * that pages could overlap or leave gaps: there everything is asked for in one answer (`limit=0`).
 */
export async function loadList<T>(ask: Ask<T>, options: ListOptions): Promise<T[]> {
  const { asPeer, pageSize } = options;
  if (asPeer) return byOffset(ask, options);
  const first = await ask(`limit=${pageSize}&offset=0`);
  if (first.next === undefined)
    return first.items.length >= first.total ? [...first.items] : (await ask("limit=0")).items.slice();
  return byCursor(ask, first, options);
}

async function byOffset<T>(ask: Ask<T>, { pageSize, told }: ListOptions): Promise<T[]> {
  const items: T[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const page = await ask(`limit=${pageSize}&offset=${offset}`);
    for (const item of page.items) items.push(item);
    told?.(items.length, page.total);
    // Short pages do not end the list; only the total does.
    if (offset + pageSize >= page.total) return items;
  }
}

async function byCursor<T>(ask: Ask<T>, first: ListPage<T>, { pageSize, told }: ListOptions): Promise<T[]> {
  const items = [...first.items];
  for (let next = first.next; next !== undefined; ) {
    const page = await ask(`limit=${pageSize}&cursor=${encodeURIComponent(next)}`);
    for (const item of page.items) items.push(item);
    told?.(items.length, first.total);
    // Rows may be added meanwhile, but hardly as many as there are. How many come at once is the Manager's to say.
    const most = 2 * first.total + first.items.length;
    const endless = page.next !== undefined && (page.items.length === 0 || items.length > most);
    if (endless) throw new LinkProblem("answer_unexpected", "the Manager's pages have no end");
    next = page.next;
  }
  return items;
}
