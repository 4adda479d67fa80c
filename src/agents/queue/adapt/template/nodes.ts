import type { Place } from "./problem.ts";

/** A value in an action. */
export type Operand =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "dot"; readonly path: readonly string[] }
  | { readonly kind: "variable"; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline; readonly path: readonly string[] };

/** Commands, each given the result of the one before it as its last argument, and where the result is kept. */
export interface Pipeline {
  readonly variables: readonly string[];
  /** `:=`, not `=`. */
  readonly declares: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

/** A part of a template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | ({ readonly kind: "output"; readonly pipeline: Pipeline } & At)
  | ({ readonly kind: "if" | "with" | "range"; readonly pipeline: Pipeline } & Branches & At)
  | ({ readonly kind: "template"; readonly name: string; readonly pipeline: Pipeline | undefined } & At)
  | ({ readonly kind: "break" | "continue" } & At);

interface At {
  readonly place: Place;
}

interface Branches {
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}
