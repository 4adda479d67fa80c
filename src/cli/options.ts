/** Options that several commands share. */

export const configOption = {
  config: {
    type: "string",
    alias: "c",
    description:
      "The configuration: a file, or a folder whose files are merged. Default: ./outrider.yaml, then /etc/outrider.",
    valueHint: "path",
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
