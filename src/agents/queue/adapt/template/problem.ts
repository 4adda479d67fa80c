import { ConfigProblem } from "../../../../core/problems.ts";

/** Where in a template something stands. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The problem of a template that cannot be read or filled in. */
export function templateProblem({ file, line }: Place, message: string): ConfigProblem {
  const at = `${file}:${line}`;
  return new ConfigProblem("config_invalid", `${at}: ${message}`, {
    mistakes: [{ at, message }],
    remedy: "mend the template there; without FC_ENABLE the file is read as it is",
  });
}
