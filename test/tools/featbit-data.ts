import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Flag, Segment } from "../../src/agents/flags/model.ts";

const folder = join(import.meta.dirname, "..", "fixtures", "featbit");

/** A recorded message or body. */
export function fixture<T = Record<string, unknown>>(name: string): T {
  return JSON.parse(readFileSync(join(folder, `featbit-${name}.json`), "utf8")) as T;
}

/** The environments of the recorded dump: `webshop:prod` and `webshop:dev`. */
export function environments(): Environment[] {
  return fixture<{ items: Environment[] }>("rp-bootstrap").items;
}

export const PROD = "5d1c0f6e-8b7a-4c3d-9e2f-1a2b3c4d5e6f";
export const DEV = "a7e4b2c9-13f5-4d86-b0ac-9f8e7d6c5b4a";

const { secrets: recorded } = fixture<{ secrets: Record<string, { server: string; client: string }> }>(
  "streaming-tokens",
);

/** The secrets of the recorded environments. */
export const secrets = { prod: recorded[PROD]!, dev: recorded[DEV]! };

/** A plain flag that serves `value` to everybody. */
export function plainFlag(key: string, options: { value?: string; at?: number; envId?: string } = {}): Flag {
  const { value = "on", at = Date.now(), envId = PROD } = options;
  const id = `00000000-0000-4000-8000-${Buffer.from(key).toString("hex").padStart(12, "0").slice(-12)}`;
  const variation = { id: `v-${value}`, name: value, value };
  return {
    id,
    envId,
    key,
    name: key,
    variationType: "string",
    variations: [variation],
    targetUsers: [],
    rules: [],
    isEnabled: true,
    disabledVariationId: variation.id,
    fallthrough: {
      dispatchKey: null,
      includedInExpt: false,
      variations: [{ id: variation.id, rollout: [0, 1], exptRollout: 1 }],
    },
    exptIncludeAllTargets: false,
    tags: [],
    isArchived: false,
    updatedAt: new Date(at).toISOString(),
  } as Flag;
}

export type { Environment, Flag, Segment };
