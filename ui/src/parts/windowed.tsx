import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface WindowedProps<T> {
  readonly items: readonly T[];
  readonly itemKey: (item: T) => string;
  readonly label: string;
  readonly children: (item: T) => ComponentChildren;
}

/** So many rows beyond the edges are there already, so that neither the wheel nor the tab key meets a gap. */
const BEYOND = 8;

/**
 * A long list of which only what can be seen is in the page. Rows have one height, set by `--row` in the style; the
 * row with the focus stays, wherever it is.
 */
export function Windowed<T>({ items, itemKey, label, children }: WindowedProps<T>) {
  const ref = useRef<HTMLUListElement>(null);
  const range = useSignal({ from: 0, to: 30, height: 60 });
  const focused = useRef(-1);
  const look = () => {
    const list = ref.current;
    if (!list) return;
    const height = Number.parseFloat(getComputedStyle(list).getPropertyValue("--row")) || 60;
    const { top } = list.getBoundingClientRect();
    const from = Math.max(0, Math.floor(-top / height) - BEYOND);
    const to = Math.ceil((innerHeight - top) / height) + BEYOND;
    const { value } = range;
    if (value.from !== from || value.to !== to || value.height !== height) range.value = { from, to, height };
  };
  useEffect(() => {
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [items.length]);
  const { from, to, height } = range.value;
  const shown = items.slice(from, to).map((item, index) => ({ item, index: from + index }));
  const kept = items[focused.current];
  if (kept && (focused.current < from || focused.current >= to))
    shown.push({ item: kept, index: focused.current });
  return (
    <ul
      ref={ref}
      class="windowed"
      aria-label={label}
      style={{ height: `${items.length * height}px` }}
      onFocusIn={(event) => {
        const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
        focused.current = Number(row?.dataset["index"] ?? -1);
      }}
      onFocusOut={() => {
        focused.current = -1;
      }}
      onKeyDown={(event) => walk(event, ref.current!, focused.current, items.length, height)}
    >
      {shown.map(({ item, index }) => (
        <li
          key={itemKey(item)}
          data-index={index}
          aria-setsize={items.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${index * height}px)` }}
        >
          {children(item)}
        </li>
      ))}
    </ul>
  );
}

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Arrow keys, Home and End walk from row to row. */
function walk(event: KeyboardEvent, list: HTMLElement, at: number, length: number, height: number): void {
  const step = STEPS[event.key];
  if (!step || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const next = step(at, length - 1);
  const top = list.getBoundingClientRect().top + next * height;
  if (top < 80 || top + height > innerHeight - 20) scrollBy({ top: top - innerHeight / 2 });
  // The row is there once the list has looked again.
  requestAnimationFrame(() =>
    setTimeout(() => list.querySelector<HTMLElement>(`[data-index="${next}"] a`)?.focus(), 0),
  );
}
