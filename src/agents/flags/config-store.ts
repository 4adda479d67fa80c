import { z } from "zod";
import { redis } from "./config-from.ts";

const TAGGED = "{featbit-agent}:";

/** A Redis that several agents share. */
export const store = z
  .strictObject({
    ...redis,
    cluster: z
      .strictObject({
        nodes: z
          .array(z.string().regex(/^\S+:\d+$/))
          .min(1)
          .describe("Any of its nodes, `host:port`."),
      })
      .optional()
      .describe("A Redis Cluster; then host and port of `url` do not count. All our keys lie in one slot."),
    prefix: z
      .string()
      .optional()
      .describe(`What our keys begin with. Default: \`featbit-agent:\`, in a cluster \`${TAGGED}\`.`),
    single_writer: z
      .boolean()
      .default(false)
      .describe("One elected agent follows the server, the others follow it."),
  })
  .refine(({ cluster, prefix = TAGGED }) => !cluster || /\{[^}]+\}/.test(prefix), {
    error: `needs a hash tag in a cluster, such as "${TAGGED}": our keys are written together`,
    path: ["prefix"],
  })
  .refine(({ cluster, sentinel }) => !cluster || !sentinel, {
    error: "is no master that sentinels watch: give one of the two",
    path: ["cluster"],
  })
  .transform(({ cluster, prefix, ...rest }) => {
    const chosen = prefix ?? (cluster ? TAGGED : "featbit-agent:");
    return { ...rest, prefix: chosen, cluster: cluster && { ...cluster, key: chosen } };
  });
