import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { LinkProblem, messageOf } from "../core/problems.ts";
import type { TlsOptions } from "./http-routes.ts";

/** TLS as a configuration has it: certificates and keys are paths of PEM files. */
export interface TlsFiles extends Loose<Omit<TlsOptions, "ca" | "cert" | "key">> {
  /** Authorities to trust. Default: none but those that Node brings along. */
  readonly ca?: readonly string[] | undefined;
  /** Whether the authorities that Node brings along are trusted beside those of `ca`. Default true. */
  readonly systemCa?: boolean | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Reads them, so that a renewed certificate is used from then on. Throws LinkProblem for a file that cannot be read. */
export async function readTls(files: TlsFiles): Promise<TlsOptions> {
  const { ca = [], systemCa = true, cert, key, ...others } = files;
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

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new LinkProblem("file_missing", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
