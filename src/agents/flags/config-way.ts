import { z } from "zod";
import { url } from "../../config/units.ts";
import { Way } from "../../wire/way.ts";

const path = z.string().min(1);

const tls = z.strictObject({
  ca: path.optional().describe("File with an authority to trust, besides those Node knows."),
  cert: path.optional().describe("File with our certificate."),
  key: path.optional().describe("File with its key."),
  verify: z.boolean().default(true).describe("Refuse a certificate that cannot be trusted."),
});

/** How a server is reached; a part of wherever a server is named. */
export const way = {
  tls: tls.optional().describe("Whom we trust to be the server, and who we are."),
  proxy: url()
    .optional()
    .describe(
      "The HTTP proxy to go through, `http://user:password@host:3128`. Default: what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say.",
    ),
};

/** @param env names a proxy where the configuration does not */
export function wayOf(
  { tls: given, proxy }: { tls?: z.output<typeof tls> | undefined; proxy?: string | undefined },
  env = process.env,
): Way {
  const files = given && {
    ca: given.ca === undefined ? [] : [given.ca],
    cert: given.cert,
    key: given.key,
    rejectUnauthorized: given.verify,
  };
  return new Way({ tls: files, proxy: proxy ?? env });
}
