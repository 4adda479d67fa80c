import { isRecord } from "../form/value.ts";
import { label } from "../look/format.ts";

/** Any JSON for people: objects as lists of terms, lists of like objects as tables. */
export function Json({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (Array.isArray(value) && value.length === 1) return <Json value={value[0]} depth={depth} />;
  if (Array.isArray(value)) return <List items={value} depth={depth} />;
  if (isRecord(value)) return <Terms record={value} depth={depth} />;
  return <Plain value={value} />;
}

function Plain({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === "") return <span class="dim">–</span>;
  if (typeof value === "boolean") return <span>{value ? "yes" : "no"}</span>;
  if (value === "***") return <span class="dim">hidden</span>;
  return <span class={typeof value === "number" ? "number" : "text"}>{String(value)}</span>;
}

function Terms({ record, depth }: { record: Record<string, unknown>; depth: number }) {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return <span class="dim">–</span>;
  return (
    <dl class={depth === 0 ? "terms" : "terms inner"}>
      {entries.map(([key, value]) => (
        <div key={key} class={isDeep(value) ? "term deep" : "term"}>
          <dt>{/^[a-z_]+$/.test(key) ? label(key) : key}</dt>
          <dd>
            <Json value={value} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function List({ items, depth }: { items: readonly unknown[]; depth: number }) {
  if (items.length === 0) return <span class="dim">none</span>;
  if (!items.some(isDeep)) return <span class="text">{items.map(String).join(", ")}</span>;
  return (
    <ol class="items">
      {items.map((item, index) => (
        <li key={index}>
          <Json value={item} depth={depth + 1} />
        </li>
      ))}
    </ol>
  );
}

function isDeep(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length > 0;
}
