import { placeholderMistakes } from "../placeholders.ts";
import type { BackendConfig } from "./backend.ts";
import type { DedupeConfig } from "./delivery.ts";

/** What of a configuration may hold placeholders. */
interface Given {
  readonly profile: "safe" | "krakend";
  readonly to: readonly BackendConfig[];
  readonly lane?: string | undefined;
  readonly dedupe?: DedupeConfig | undefined;
}

export interface PlacedMistake {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Placeholders that mean nothing, each with its place. */
export function mistakesIn({ profile, to, lane, dedupe }: Given): PlacedMistake[] {
  return [
    ...at(["lane"], lane),
    ...at(["dedupe", "key"], dedupe?.key),
    ...to.flatMap((backend, index) => inBackend(backend, profile, ["to", index])),
  ];
}

function inBackend(
  { http, amqp, request, answer }: BackendConfig,
  profile: Given["profile"],
  path: (string | number)[],
): PlacedMistake[] {
  // In the peer's URLs, braces are just braces.
  const urls =
    profile === "krakend" ? [] : [...(http?.url ?? []).map((url) => at([...path, "http", "url"], url))];
  return [
    ...urls.flat(),
    ...(profile === "krakend"
      ? []
      : at([...path, "http", "path"], http?.path.replace(/\{\{[^{}]*\}\}/g, ""))),
    ...Object.entries(http?.headers ?? {}).flatMap(([name, text]) =>
      at([...path, "http", "headers", name], text),
    ),
    ...at([...path, "amqp", "routing_key"], amqp?.routing_key),
    ...at([...path, "request", "template"], request.template),
    ...at([...path, "answer", "template"], answer.template),
  ];
}

function at(path: (string | number)[], value: unknown): PlacedMistake[] {
  return placeholderMistakes(value).map((message) => ({ path, message }));
}
