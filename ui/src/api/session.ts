import { signal } from "@preact/signals";

const KEY = "outrider.token";

/** The token lives as long as the tab; it is sent in a header, so that no other page can make use of it. */
export const token = signal(sessionStorage.getItem(KEY) ?? "");

/** Whether the API wants a token that we do not have; `refused`: it did not like the one it got. */
export const locked = signal<false | "asked" | "refused">(false);

export function login(given: string): void {
  token.value = given;
  sessionStorage.setItem(KEY, given);
  locked.value = false;
}

export function logout(): void {
  token.value = "";
  sessionStorage.removeItem(KEY);
  locked.value = "asked";
}
