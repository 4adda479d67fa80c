import { createHash } from "node:crypto";

/** What a file name gets for a part of an agent, whose own name may be a URL: short and safe, and another for each part. */
export function suffixOf(part: string): string {
  return part === "" ? "" : `.${createHash("sha256").update(part).digest("hex").slice(0, 12)}`;
}
