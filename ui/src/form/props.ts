import type { FunctionComponent } from "preact";
import type { Schema } from "../api/types.ts";

export interface FieldProps {
  readonly schema: Schema;
  /** What stands before the field. */
  readonly label: string;
  /** Where the value stands, as mistakes name it; it is the field's id, too. */
  readonly path: string;
  readonly value: unknown;
  readonly required?: boolean;
  /** Without a frame and a heading of its own, because what it stands in has them. */
  readonly bare?: boolean;
  /** undefined: not given. */
  readonly onChange: (value: unknown) => void;
  /** By path. */
  readonly mistakes: ReadonlyMap<string, string>;
  /** How to take the field away, where it may be. */
  readonly onRemove?: (() => void) | undefined;
}

/** Fields hold fields; whoever holds some is handed what draws them. */
export interface HolderProps extends FieldProps {
  readonly Field: FunctionComponent<FieldProps>;
}

export function idOf(path: string): string {
  return `field-${path}`;
}

export function join(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

/** Whether something below a path is wrong. */
export function isWrong(mistakes: ReadonlyMap<string, string>, path: string): boolean {
  for (const at of mistakes.keys()) if (at === path || at.startsWith(`${path}.`)) return true;
  return false;
}
