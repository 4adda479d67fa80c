import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Context, Hono } from "hono";
import { packageFile } from "../../wire/package-files.ts";

/** The names that the build gives; nothing else is looked for, so no name leads out of the folder. */
const ASSET = /^[\w-][\w.-]*$/;

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Only what comes from here runs, and nobody shows the page inside another. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

const HINT = "the page is not built: `npm run build` makes it; the API answers all the same";

/**
 * The control room's page. It is no secret, so it is open to all: it asks for the token itself.
 * @param folder where it was built; default: what comes with the package
 */
export function servePage(app: Hono, folder?: string): void {
  const read = async (path: string) =>
    folder === undefined ? packageFile(`dist/ui/${path}`) : readFile(join(folder, path));
  app.get("/", (c) => send(c, read, { path: "index.html", caching: "no-cache", missing: HINT }));
  app.get("/assets/:file", (c) => {
    const file = c.req.param("file");
    const path = ASSET.test(file) ? `assets/${file}` : undefined;
    return send(c, read, { path, caching: FOR_EVER, missing: "there is no such file" });
  });
}

/** Names of assets change with their content. */
const FOR_EVER = "public, max-age=31536000, immutable";

interface Wanted {
  readonly path: string | undefined;
  readonly caching: string;
  /** What is said where there is no such file. */
  readonly missing: string;
}

async function send(
  c: Context,
  read: (path: string) => Promise<Buffer>,
  { path, caching, missing }: Wanted,
): Promise<Response> {
  const content = path === undefined ? undefined : await read(path).catch(() => undefined);
  if (!content) return c.json({ error: { message: missing } }, 404, { "cache-control": "no-store" });
  const type = TYPES[extname(path!)] ?? "application/octet-stream";
  return c.body(new Uint8Array(content), 200, { ...HEADERS, "content-type": type, "cache-control": caching });
}
