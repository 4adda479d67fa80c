import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import type { TlsOptions } from "./http-routes.ts";

/** TLS as a configuration has it: certificates and keys are paths of PEM files. */
export interface TlsFiles extends Loose<Omit<TlsOptions, "ca" | "cert" | "key">> {
  readonly ca: readonly string[];
  /** Whether the authorities that Node brings along are trusted as well. */
  readonly systemCa: boolean;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** Reads them. Throws what reading a file throws. */
export async function readTls({ ca, systemCa, cert, key, ...others }: TlsFiles): Promise<TlsOptions> {
  const ours = await Promise.all(ca.map(text));
  const options = {
    ...others,
    ca: ours.length > 0 || !systemCa ? [...(systemCa ? rootCertificates : []), ...ours] : undefined,
    cert: cert === undefined ? undefined : await text(cert),
    key: key === undefined ? undefined : await text(key),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as TlsOptions;
}

function text(path: string): Promise<string> {
  return readFile(path, "utf8");
}
