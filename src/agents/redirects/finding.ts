/** Something about a rule that its author should know. */
export interface Finding {
  readonly kind: "broken" | "dead" | "shadowed" | "loop" | "chain" | "open-redirect";
  readonly rule: { readonly type: string; readonly source: string; readonly target: string };
  readonly message: string;
}
