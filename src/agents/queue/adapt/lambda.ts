import type { Fields } from "./fields.ts";

/** A function on AWS. Source: krakend-async §5.18. */
export function readLambda(given: Fields, backend: Fields): Record<string, unknown> {
  const name = given.text("function_name");
  const param = given.text("function_param_name");
  const region = given.text("region");
  const endpoint = given.text("endpoint");
  if (given.has("max_retries"))
    given.note(
      "max_retries",
      "has no effect in KrakenD, and is left out; write `retry` in our configuration",
    );
  if (endpoint !== "" && region === "")
    given.note("endpoint", "has no effect without `region`, and is left out, as in KrakenD");
  const method = backend.text("method") || "GET";
  if (method.toUpperCase() === "GET")
    backend.note(
      "method",
      "is GET, so the function is given the parameters, which an event has none of, and not the event; write POST",
    );
  return {
    ...(name !== "" && { function: name }),
    ...(param !== "" && { param }),
    ...(region !== "" && { region, ...(endpoint !== "" && { endpoint }) }),
    method,
  };
}
