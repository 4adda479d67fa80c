import { type connect, credentials } from "amqplib";
import { readTls, type TlsFiles } from "../tls-files.ts";
import type { AmqpAddress } from "./address.ts";

type SocketOptions = NonNullable<Parameters<typeof connect>[1]>;

/** Who we say we are. `external` leaves it to our certificate. */
export function credentialsOf({ mechanism, user, password }: AmqpAddress) {
  if (mechanism === "external") return credentials.external();
  return mechanism === "plain" ? credentials.plain(user, password) : credentials.amqplain(user, password);
}

/**
 * What `tls.connect` is told; what the URL says goes before what is said for all hosts, and an authority of the URL is
 * trusted alone, as other clients do. Throws LinkProblem.
 */
export async function tlsOptions(address: AmqpAddress, tls: TlsFiles = {}): Promise<SocketOptions> {
  if (!address.tls) return {};
  const { caFile, certFile, keyFile, servername, rejectUnauthorized } = address;
  return readTls({
    ...tls,
    ...(caFile !== undefined && { ca: [caFile], systemCa: false }),
    cert: certFile ?? tls.cert,
    key: keyFile ?? tls.key,
    servername: servername ?? tls.servername,
    rejectUnauthorized: rejectUnauthorized ?? tls.rejectUnauthorized ?? true,
  }) as Promise<SocketOptions>;
}
