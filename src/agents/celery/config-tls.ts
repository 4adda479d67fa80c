import { z } from "zod";
import type { TlsFiles } from "../../wire/tls-files.ts";

const text = z.string().min(1);

/** How a server is trusted, and how it is told who we are. */
export const tls = z.strictObject({
  ca: text.optional().describe("File with an authority to trust, besides those Node knows."),
  cert: text.optional().describe("File with our certificate."),
  key: text.optional().describe("File with its key."),
  verify: z.boolean().default(true).describe("Refuse a certificate that cannot be trusted."),
});

export type TlsConfig = z.output<typeof tls>;

/** What it is to the wire. */
export function tlsFiles({ ca, cert, key, verify }: TlsConfig): TlsFiles {
  return { ca: ca === undefined ? [] : [ca], cert, key, rejectUnauthorized: verify };
}
