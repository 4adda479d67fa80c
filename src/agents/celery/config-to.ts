import { z } from "zod";
import { duration, oneOf, secret, url } from "../../config/units.ts";
import { tls } from "./config-tls.ts";

const text = z.string().min(1);
const path = text.transform((one) => ({ path: one }));

const name = z.string().regex(/^[a-z]+$/, { error: "consists of small letters a to z alone" });

const leek = z.strictObject({
  url: url().describe("Leek's API. The path does not count, as with the peer; see `prefix`."),
  prefix: z.string().default("").describe("Stands before `/v1/…`, where Leek is behind a path."),
  org: text.default("mono").describe("The organisation; `mono` where Leek's authentication is off."),
  app: name.describe("The application's name in Leek."),
  env: name.default("prod").describe("The environment, such as `prod`."),
  key: secret().describe("The application's key, or the API's agent secret."),
  level: z
    .union([z.literal("auto"), z.literal(1), z.literal(2)])
    .default("auto")
    .describe("Which fields Leek knows: 1 up to 0.7.3, 2 from 0.7.4 on; `auto` asks it."),
  timeout: duration({ min: 1 }).prefault("60s").describe("How long Leek may take to answer."),
  tls: tls.optional(),
});

export type LeekConfig = z.output<typeof leek>;

const fileTarget = z.strictObject({
  path: text,
  env: name.default("prod").describe("`app_env` of the documents."),
});

/** Where documents go. */
export const target = oneOf({
  leek: leek.describe("Leek's API."),
  file: z
    .union([path.pipe(fileTarget), fileTarget])
    .describe("Documents, a line of JSON each, merged by batch."),
}).describe("Where documents go.");
