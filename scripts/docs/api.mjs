import { code, head, table } from "./table.mjs";

/** Every route of the admin API, from its OpenAPI description. */
export function apiPage({ paths }) {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, security }]) => [
      code(`${method.toUpperCase()} ${path}`),
      security ? "where one is set" : "never",
      summary,
    ]),
  );
  return [
    head(
      "Admin API",
      "It listens where `admin.listen` says, on loopback by default. Any other address demands `admin.token`, sent as `Authorization: Bearer TOKEN`. `GET /api/openapi.json` describes it for programs.\n\nErrors are `{\"error\": {\"code\", \"message\", \"remedy\"}}` with the codes of the [problems](problems.md).",
    ),
    `${table(["route", "token", "meaning"], rows)}\n`,
  ].join("\n");
}
