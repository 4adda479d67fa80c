import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { useAnswer } from "../live/answer.ts";
import { count } from "../look/format.ts";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { Search } from "../parts/search.tsx";
import { type Column, Table } from "../parts/table.tsx";

/** What an action lists: at the most so many as it gives, of so many that fit. */
export interface Listed<N extends string, T> {
  readonly agent: string;
  /** The action, which is also the field of its answer with the rows. */
  readonly name: N;
  readonly title: string;
  /** A row in a word: `flag`. */
  readonly one: string;
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T, index: number) => string;
}

/** A list of an agent's that can be searched, asked for again every few seconds. */
export function Searched<N extends string, T>({ agent, name, title, one, ...table }: Listed<N, T>) {
  const [word, search] = useState("");
  const { answer, refresh } = useAnswer(
    () => call<{ found: number } & Record<N, readonly T[]>>(agent, name, word === "" ? {} : { search: word }),
    5_000,
    [agent, word],
  );
  const { data, problem } = answer.value;
  const rows = data?.[name] ?? [];
  return (
    <section class="card">
      <div class="card-head">
        <h2>{title}</h2>
        <Search label={`Search ${one}s`} word={word} onSearch={search} />
      </div>
      {!data && (problem ? <Trouble problem={problem} onRetry={refresh} /> : <Loading />)}
      {data && rows.length === 0 && <Empty title={word === "" ? `No ${one}s yet` : `No ${one} fits`} />}
      {rows.length > 0 && <Table caption={title} rows={rows} {...table} />}
      {data && data.found > rows.length && (
        <p class="dim">
          {count(rows.length)} of {count(data.found)} are shown; search for the others.
        </p>
      )}
    </section>
  );
}
