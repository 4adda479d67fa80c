import type { Fields } from "./fields.ts";

/** Source: krakend-async §5.19. */
export function readGraphql(given: Fields | undefined, backend: Fields): Record<string, unknown> {
  if (!given) return {};
  const type = given.text("type").toLowerCase();
  if (type !== "query" && type !== "mutation") {
    given.note("type", "is neither `query` nor `mutation`, so GraphQL is off, as in KrakenD");
    return {};
  }
  const query = given.text("query");
  if (query === "") {
    const path = given.text("query_path");
    const how = path === "" ? "is missing" : `is read from here only: write what ${path} holds as \`query\``;
    given.wrong(path === "" ? "query" : "query_path", how);
  }
  if (type === "query") backend.note("extra_config", "a GraphQL `query` does not send the event anywhere");
  const operation = given.text("operationName");
  const variables = given.fields("variables")?.given;
  const method = given.text("method").toUpperCase() === "GET" ? "GET" : "POST";
  return {
    graphql: { type, query, ...(operation !== "" && { operation }), ...(variables && { variables }), method },
  };
}
