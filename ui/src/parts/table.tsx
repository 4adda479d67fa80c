import type { ComponentChildren } from "preact";

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers stand to the right. */
  readonly number?: boolean;
  readonly wide?: boolean;
}

interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T, index: number) => string | number;
}

/** A table that becomes a list of cards where there is no room for columns. */
export function Table<T>({ caption, columns, rows, rowKey }: TableProps<T>) {
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="only-readers">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" class={number ? "right" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={rowKey(row, index)}>
              {columns.map(({ title, cell, number, wide }) => (
                <td key={title} data-title={title} class={classOf(number, wide)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf(number = false, wide = false): string | undefined {
  const classes = [...(number ? ["right"] : []), ...(wide ? ["wide"] : [])];
  return classes.length > 0 ? classes.join(" ") : undefined;
}
