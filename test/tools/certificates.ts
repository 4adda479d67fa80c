import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./folder.ts";
import type { Tidy } from "./tidy.ts";

/** Files of PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** The authority that all others are signed by. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Certificate;
  /** Of the user `outrider`. */
  readonly client: Certificate;
}

/** A throw-away authority with a certificate for a server and one for a client. Needs `openssl`. */
export async function makeCertificates(tidy: Tidy): Promise<Certificates> {
  const at = await folder(tidy);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: at, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-days", "2", "-subj", "/CN=Tests", "-keyout", "ca.key", "-out", "ca.pem");
  const sign = (name: string, subject: string, extensions: string): Certificate => {
    writeFileSync(join(at, `${name}.ext`), extensions);
    openssl("req", ...key, "-subj", `/CN=${subject}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-extfile", `${name}.ext`, "-out", `${name}.pem`);
    return { cert: join(at, `${name}.pem`), key: join(at, `${name}.key`) };
  };
  return {
    ca: join(at, "ca.pem"),
    server: sign("server", "localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    client: sign("client", "outrider", "extendedKeyUsage=clientAuth"),
  };
}

/** The same as texts of PEM. */
export async function makePems(tidy: Tidy): Promise<Certificates> {
  const { ca, server, client } = await makeCertificates(tidy);
  const text = (file: string) => readFileSync(file, "utf8");
  const both = ({ cert, key }: Certificate) => ({ cert: text(cert), key: text(key) });
  return { ca: text(ca), server: both(server), client: both(client) };
}
