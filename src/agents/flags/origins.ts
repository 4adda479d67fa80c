import type { Config } from "./config.ts";
import type { EnvironmentSecret } from "./model.ts";

type Rules = Config["cors"]["client_secrets"];

/**
 * Whether a page of an origin may use a secret. This keeps a client secret that was copied from one page from being
 * used by another; it cannot keep anything from a program that is no browser.
 * @param origin what the browser says; undefined for whoever is none
 */
export function mayUse(rules: Rules, secret: EnvironmentSecret, origin: string | undefined): boolean {
  if (rules.length === 0 || origin === undefined || secret.type !== "client") return true;
  const { value, envId, projectKey, envKey } = secret;
  const concerned = rules.filter(
    (rule) =>
      rule.secret?.reveal() === value ||
      rule.environment === envId ||
      rule.environment === `${projectKey}:${envKey}`,
  );
  return concerned.length === 0 || concerned.some(({ origins }) => origins.includes(origin));
}
