import { computed, signal } from "@preact/signals";

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** The page that the address names, in pieces: `#/agents/web-1/log` is `["agents", "web-1", "log"]`. */
export const route = computed(() =>
  hash.value
    .replace(/^#\/?/, "")
    .split("?")[0]!
    .split("/")
    .filter((piece) => piece !== "")
    .map(decode),
);

export function to(...pieces: readonly string[]): string {
  return `#/${pieces.map(encodeURIComponent).join("/")}`;
}

export function go(...pieces: readonly string[]): void {
  location.hash = to(...pieces);
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
