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
  const file = given.text("query_path");
  if (query === "" && file === "") given.wrong("query", "is missing");
  if (type === "query") backend.note("extra_config", "a GraphQL `query` does not send the event anywhere");
  const operation = given.text("operationName");
  const variables = given.fields("variables")?.given;
  const method = given.text("method").toUpperCase() === "GET" ? "GET" : "POST";
  return {
    graphql: {
      type,
      ...(file !== "" ? { file } : { query }),
      ...(operation !== "" && { operation }),
      ...(variables && { variables }),
      method,
    },
  };
}
