import { z } from "zod";
import { secret } from "../../../config/units.ts";
import type { TlsFiles } from "../../../wire/tls-files.ts";

const file = z.string().min(1);

/** TLS towards a broker or a backend. */
export const tls = z.strictObject({
  ca: z.array(file).default([]).describe("Files with authorities to trust."),
  system_ca: z.boolean().default(true).describe("Trust the authorities of the system as well."),
  cert: file.optional().describe("File with our certificate."),
  key: file.optional().describe("File with its key."),
  passphrase: secret().optional().describe("Of the key."),
  server_name: z.string().optional().describe("The name the certificate must have. Default: the host."),
  verify: z.boolean().default(true).describe("Refuse a certificate that cannot be trusted."),
  min: z.enum(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]).optional().describe("The oldest version."),
  max: z.enum(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]).optional().describe("The newest version."),
});

export type TlsConfig = z.output<typeof tls>;

/** What it is to the wire. */
export function tlsFiles({
  system_ca,
  passphrase,
  server_name,
  verify,
  min,
  max,
  ...files
}: TlsConfig): TlsFiles {
  return {
    ...files,
    systemCa: system_ca,
    passphrase: passphrase?.reveal(),
    servername: server_name,
    rejectUnauthorized: verify,
    minVersion: min,
    maxVersion: max,
  };
}
