import { asList, asText } from "./convert.ts";
import type { Fields } from "./fields.ts";

/** OAuth2 client credentials. Source: krakend-async §5.17. */
export function readOauth(given: Fields | undefined): Record<string, unknown> {
  if (!given || given.flag("is_disabled")) return {};
  for (const name of ["token_url", "client_secret"])
    if (given.text(name) === "") given.wrong(name, `\`${name}\` is empty, so no token could be got`);
  const url = given.text("token_url");
  if (url !== "" && !URL.canParse(url)) given.wrong("token_url", `"${url}" is no URL`);
  const scopes = given
    .text("scopes")
    .split(",")
    .map((scope) => scope.trim());
  const params = readParams(given);
  const oauth = {
    token_url: url,
    client_id: given.text("client_id"),
    client_secret: given.text("client_secret"),
    scopes: scopes.filter((scope) => scope !== ""),
    ...(Object.keys(params).length > 0 && { params }),
  };
  return { oauth };
}

function readParams(given: Fields): Record<string, string[]> {
  const params = given.fields("endpoint_params")?.given ?? {};
  return Object.fromEntries(
    Object.entries(params).map(([name, values]) => [
      name,
      asList(values).flatMap((each) => asText(each) ?? []),
    ]),
  );
}
