import { signal } from "@preact/signals";
import { Icon } from "../look/icons.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
}

/** How long a message stays, in milliseconds; bad news stays longer. */
const STAYS = 5_000;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Says something for a while at the edge of the page; screen readers say it aloud. */
export function tell(text: string, bad = false): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, text, bad }];
  setTimeout(
    () => {
      toasts.value = toasts.value.filter((toast) => toast.id !== id);
    },
    bad ? 3 * STAYS : STAYS,
  );
}

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
      {toasts.value.map(({ id, text, bad }) => (
        <p key={id} class={bad ? "toast is-bad" : "toast"}>
          <Icon name={bad ? "warn" : "check"} /> {text}
        </p>
      ))}
    </div>
  );
}
