import { toBytes } from "./bytes.ts";
import type { Decision } from "./decision.ts";
import { leadsAstray } from "./guard.ts";
import type { Layer } from "./layer.ts";
import { locationHeader, resolveTarget } from "./location.ts";
import type { Match } from "./matcher.ts";
import { type Bending, bendsNothing, carry, type Form, formsOf } from "./normalise.ts";
import { decodedPath } from "./request-uri.ts";

/** What a project has to decide with: local rules, which come first, and those of its origin. */
export interface Layers {
  readonly extra: Layer | undefined;
  readonly main: Layer | undefined;
}

export interface DeciderOptions extends Bending {
  /** Refuse a redirect whose captured text leads to another host. */
  readonly guard: boolean;
}

/** Decides about requests. Pages come after all redirects. */
export class Decider {
  readonly #options: DeciderOptions;
  readonly #exact: boolean;
  /** Redirects that the guard refused. */
  guarded = 0;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#exact = bendsNothing(options);
  }

  /** Byte texts: the host as received, and path with query. */
  decide(layers: Layers, host: string, uri: string): Decision | undefined {
    if (this.#exact) {
      const form = { host, uri, carried: "" };
      return this.#redirect(layers, form, uri) ?? page(layers, form);
    }
    const forms = [...formsOf(host, uri, this.#options)];
    return (
      first(forms, (form) => this.#redirect(layers, form, uri)) ?? first(forms, (form) => page(layers, form))
    );
  }

  #redirect({ extra, main }: Layers, form: Form, uri: string): Decision | undefined {
    return this.#redirectOf(extra, form, uri) ?? this.#redirectOf(main, form, uri);
  }

  #redirectOf(layer: Layer | undefined, form: Form, uri: string): Decision | undefined {
    const match = layer?.match(form.host, form.uri);
    return layer && match && this.#take(layer, match, form, uri);
  }

  #take(layer: Layer, { index, target }: Match, { carried }: Form, uri: string): Decision | undefined {
    const code = layer.rules.codes[index]!;
    if (code >= 400) {
      layer.used(index);
      return { kind: "terminal", layer, index, code };
    }
    if (this.#options.guard && leadsAstray(toBytes(layer.rules.targets[index]!), target)) {
      this.guarded++;
      return undefined;
    }
    layer.used(index);
    const url = resolveTarget(carry(target, carried), () => decodedPath(uri));
    return { kind: "redirect", layer, index, code, url, location: locationHeader(url) };
  }
}

function page({ extra, main }: Layers, { host, uri }: Form): Decision | undefined {
  const found = extra?.pages.find(host, uri) ?? main?.pages.find(host, uri);
  return found && { kind: "page", page: found };
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
