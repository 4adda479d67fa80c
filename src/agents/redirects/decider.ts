import { toBytes } from "./bytes.ts";
import type { Decision } from "./decision.ts";
import { leadsAstray } from "./guard.ts";
import type { Layer } from "./layer.ts";
import { locationHeader, resolveTarget } from "./location.ts";
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

/** Decides about requests, and counts nothing. Pages come after all redirects. */
export class Decider {
  readonly #options: DeciderOptions;
  readonly #exact: boolean;

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#exact = bendsNothing(options);
  }

  /**
   * Byte texts: the host as received, and path with query.
   * @param guarded told of each redirect that the guard refuses
   */
  decide(layers: Layers, host: string, uri: string, guarded: () => void = () => {}): Decision | undefined {
    const redirect = (form: Form) =>
      this.#redirectOf(layers.extra, form, uri, guarded) ?? this.#redirectOf(layers.main, form, uri, guarded);
    if (this.#exact) {
      const form = { host, uri, carried: "" };
      return redirect(form) ?? page(layers, form);
    }
    const forms = [...formsOf(host, uri, this.#options)];
    return first(forms, redirect) ?? first(forms, (form) => page(layers, form));
  }

  #redirectOf(layer: Layer | undefined, form: Form, uri: string, guarded: () => void): Decision | undefined {
    const match = layer?.match(form.host, form.uri);
    if (!layer || !match) return undefined;
    const { index, target } = match;
    const code = layer.rules.codes[index]!;
    if (code >= 400) return { kind: "terminal", layer, index, code };
    if (this.#options.guard && leadsAstray(toBytes(layer.rules.targets[index]!), target)) {
      guarded();
      return undefined;
    }
    const url = resolveTarget(carry(target, form.carried), () => decodedPath(uri));
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
