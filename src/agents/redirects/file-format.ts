/** How rules can be written down in a file. */
export const fileFormats = ["auto", "yaml", "tsv", "netlify", "cloudflare"] as const;

export type FileFormat = (typeof fileFormats)[number];
