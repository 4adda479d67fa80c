import type { Layer } from "./layer.ts";
import type { ReadyPage } from "./pages.ts";

/** What is to be done with a request. */
export type Decision = RedirectDecision | PageDecision | TerminalDecision;

export interface RedirectDecision {
  readonly kind: "redirect";
  readonly layer: Layer;
  /** The rule's number in the layer. */
  readonly index: number;
  readonly code: number;
  /** Where to, as the `Location` header has it. */
  readonly location: string;
  /** Where to, before it was made fit for a header: what the body shows. A byte text. */
  readonly url: string;
}

/** 410 or 451: the way ends here. */
export interface TerminalDecision {
  readonly kind: "terminal";
  readonly layer: Layer;
  readonly index: number;
  readonly code: number;
}

export interface PageDecision {
  readonly kind: "page";
  readonly page: ReadyPage;
}
