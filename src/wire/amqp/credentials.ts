import { readFile } from "node:fs/promises";
import { type connect, credentials } from "amqplib";
import { LinkProblem, messageOf } from "../../core/problems.ts";
import type { AmqpAddress } from "./address.ts";

/** How TLS is spoken. A file is read at each connecting, so that a renewed certificate is used at the next. */
export interface AmqpTls {
  /** Who may have signed the broker's certificate, as PEM. Default: the authorities that Node knows. */
  readonly ca?: string | Buffer;
  readonly caFile?: string;
  /** Our certificate, as PEM. */
  readonly cert?: string | Buffer;
  readonly certFile?: string;
  readonly key?: string | Buffer;
  readonly keyFile?: string;
  /** Of the key. */
  readonly passphrase?: string;
  /** The name that the broker's certificate has to bear. Default: the host of the URL. */
  readonly servername?: string;
  /** Whether a certificate that nobody vouches for is refused. Default true. */
  readonly rejectUnauthorized?: boolean;
}

type SocketOptions = NonNullable<Parameters<typeof connect>[1]>;

/** Who we say we are. `external` leaves it to our certificate. */
export function credentialsOf({ mechanism, user, password }: AmqpAddress) {
  if (mechanism === "external") return credentials.external();
  return mechanism === "plain" ? credentials.plain(user, password) : credentials.amqplain(user, password);
}

/** What `tls.connect` is told; what the URL says goes before what is said for all hosts. Throws LinkProblem. */
export async function tlsOptions(address: AmqpAddress, tls: AmqpTls = {}): Promise<SocketOptions> {
  if (!address.tls) return {};
  const [ca, cert, key] = await Promise.all([
    pem(address.caFile ?? tls.caFile, tls.ca),
    pem(address.certFile ?? tls.certFile, tls.cert),
    pem(address.keyFile ?? tls.keyFile, tls.key),
  ]);
  const servername = address.servername ?? tls.servername;
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(tls.passphrase !== undefined && { passphrase: tls.passphrase }),
    ...(servername && { servername }),
    rejectUnauthorized: address.rejectUnauthorized ?? tls.rejectUnauthorized ?? true,
  };
}

async function pem(file: string | undefined, text: string | Buffer | undefined) {
  if (file === undefined) return text;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new LinkProblem("file_missing", `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}
