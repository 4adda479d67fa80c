import { createHmac } from "node:crypto";
import type { AnonymiseConfig } from "./config.ts";
import type { Insight, InsightUser } from "./insight.ts";

/** Takes away what must not leave. @returns undefined where nothing is left */
export type Anonymise = (envId: string, insight: Insight) => Insight | undefined;

/** Whose usage is counted without anybody's being known. */
const NOBODY: InsightUser = { keyId: "anonymous", name: "", customizedProperties: [] };
/** So many characters of a pseudonym are written. */
const PSEUDONYM = 32;

/** Applied before anything is kept, so that not even our own disk holds what may not leave. */
export function anonymiser(config: AnonymiseConfig | undefined): Anonymise {
  if (!config) return (_, insight) => insight;
  if (config.user === "drop") return (_, insight) => ofNobody(insight);
  const salt = config.user === "hmac" ? config.salt?.reveal() : undefined;
  return (envId, insight) => ({ ...insight, user: masked(insight.user, config, envId, salt) });
}

function masked(
  user: InsightUser,
  { name, keep }: AnonymiseConfig,
  envId: string,
  salt: string | undefined,
): InsightUser {
  return {
    keyId: salt === undefined ? user.keyId : pseudonym(salt, envId, user.keyId),
    name: name === "keep" ? user.name : "",
    customizedProperties: user.customizedProperties.filter(
      (each) => keep === "*" || keep.includes(each.name),
    ),
  };
}

/** The same for the same user of an environment, so that what was served and what was done can still be joined. */
function pseudonym(salt: string, envId: string, keyId: string): string {
  return createHmac("sha256", salt).update(`${envId}:${keyId}`).digest("hex").slice(0, PSEUDONYM);
}

/** What was served is counted; what somebody did means nothing without somebody. */
function ofNobody({ variations }: Insight): Insight | undefined {
  return variations && variations.length > 0 ? { user: NOBODY, variations } : undefined;
}
