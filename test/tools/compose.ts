import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const restart = z.literal("unless-stopped");
const condition = z.strictObject({ condition: z.literal("service_healthy") });
const texts = z.record(z.string(), z.string());

const service = z.strictObject({
  build: z.literal(".").optional(),
  image: z.string().regex(/^[a-z/]+:\d[\w.-]*$/, { error: "an image needs a version" }),
  restart,
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  environment: texts.default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string().regex(/^(127\.0\.0\.1:)?\d+:\d+$/)).default([]),
  depends_on: z.record(z.string(), condition).default({}),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      start_period: z.string().optional(),
    })
    .optional(),
});

export type Service = z.output<typeof service>;

const file = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

/** A compose file, its anchors merged and its `${NAME:-default}` filled in. It knows what ours uses, and no more. */
export function composeOf(path: string, env: Readonly<Record<string, string>> = {}) {
  const text = readFileSync(path, "utf8").replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, fallback: string) => env[name] ?? fallback,
  );
  return file.parse(parse(text, { merge: true }));
}

/** `host:container:mode` of a volume. */
export function mountOf(volume: string): { source: string; target: string; mode: string | undefined } {
  const [source = "", target = "", mode] = volume.split(":");
  return { source, target, mode };
}
