/** A piece of a configuration of ours. */
export type Part = Record<string, unknown>;

export function given(name: string, value: unknown): Part {
  return value === undefined ? {} : { [name]: value };
}
