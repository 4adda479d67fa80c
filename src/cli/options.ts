import { UsageError } from "./exit.ts";

/** Options that several commands share. */

export const configOption = {
  config: {
    type: "string",
    alias: "c",
    description:
      "The configuration: a file, or a folder whose files are merged. Default: ./outrider.yaml, .yml or .json, then /etc/outrider.",
    valueHint: "path",
  },
} as const;

export const progressOption = {
  progress: {
    type: "boolean",
    description: "Tell how far a long task is, on standard error. Default: on a terminal.",
  },
} as const;

export const adminOptions = {
  admin: {
    type: "string",
    description:
      "The admin API of the running Outrider. Default: OUTRIDER_ADMIN, else what the configuration says.",
    valueHint: "url",
  },
  token: {
    type: "string",
    description: "Its token. Default: OUTRIDER_TOKEN, else what the configuration says.",
    valueHint: "token",
  },
  ...configOption,
} as const;

/** Which configuration is meant: a file, or other agents' with `--from`, of which more may follow the first file. */
export function wantedOf(args: {
  readonly config?: string | undefined;
  readonly from?: string | undefined;
  readonly _: readonly string[];
}) {
  const [file, ...more] = args._;
  if (args.from !== undefined) return { config: args.config, from: args.from, more: args._ };
  if (more.length > 0) throw new UsageError(`one configuration is enough, there is also "${more[0]}"`);
  return { config: args.config ?? file };
}
