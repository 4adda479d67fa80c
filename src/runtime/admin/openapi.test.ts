import { describe, expect, it } from "vitest";
import { adminOf } from "../../../test/tools/admin.ts";
import { Tidy } from "../../../test/tools/tidy.ts";
import { routes } from "./routes.ts";

const tidy = new Tidy();

const one = "agents:\n  a: { kind: parrot }";

describe("the description", () => {
  it("lists every route that there is", async () => {
    const { ask } = await adminOf(tidy, one);
    const { json } = await ask("/api/openapi.json");
    const described = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const plain = ["get /metrics", "get /api/events", "get /api/openapi.json"];
    expect(described.toSorted()).toEqual(
      [...routes.map(({ method, path }) => `${method} ${path}`), ...plain].toSorted(),
    );
    for (const [path, methods] of Object.entries(json.paths as Record<string, Record<string, object>>)) {
      for (const method of Object.keys(methods)) {
        const asked = path.replace("{name}", "a").replace("{action}", "say_hi");
        if (path !== "/api/events")
          expect([path, (await ask(asked, { method: method.toUpperCase() })).status]).not.toContain(404);
      }
    }
  });

  it("says which routes need a token, and the parameters of each", async () => {
    const { ask } = await adminOf(tidy, one);
    const { paths } = (await ask("/api/openapi.json")).json;
    expect(paths["/livez"].get.security).toBeUndefined();
    expect(paths["/api/agents/{name}/actions/{action}"].post).toMatchObject({
      security: [{ token: [] }],
      parameters: [{ name: "name" }, { name: "action" }],
      requestBody: expect.anything(),
    });
  });
});
