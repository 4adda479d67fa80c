import type { Fields } from "./fields.ts";

const VERSIONS: Readonly<Record<string, string>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
};
/** Any other text, and none, in either end. */
const OTHERWISE = "TLSv1.3";

/** TLS towards a backend. Source: krakend-async §1.5, `client_tls`. */
export function readTls(given: Fields): Record<string, unknown> {
  const ca = given.texts("ca_certs");
  const [certificate, ...others] = given.each("client_certs");
  for (const other of others) given.report.note(other.at, "only the first client certificate is used");
  for (const name of ["cipher_suites", "curve_preferences"])
    if (given.has(name)) given.note(name, "has no counterpart, and is left to Node");
  const min = VERSIONS[given.text("min_version")] ?? OTHERWISE;
  const max = VERSIONS[given.text("max_version")] ?? OTHERWISE;
  if (!given.has("min_version"))
    given.report.note(given.at, "without `min_version` only TLS 1.3 is spoken, as in KrakenD");
  return {
    ...(ca.length > 0 && { ca }),
    ...(given.flag("disable_system_ca_pool") && { system_ca: false }),
    ...(certificate && { cert: certificate.text("certificate"), key: certificate.text("private_key") }),
    ...(given.flag("allow_insecure_connections") && { verify: false }),
    min,
    max,
  };
}
