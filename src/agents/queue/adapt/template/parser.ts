import { lex, type Piece } from "./lexer.ts";
import type { Node } from "./nodes.ts";
import { Words } from "./pipeline.ts";
import { type Place, templateProblem } from "./problem.ts";

/** Templates by name; those that a file defines stand beside it. */
export type Templates = Map<string, readonly Node[]>;

/** Reads a template, and gives it and what it defines to the others by their names. Throws ConfigProblem. */
export function parseTemplate(source: string, name: string, templates: Templates): void {
  const parser = new Parser(lex(source, name), templates);
  templates.set(name, parser.all(name));
}

/** How a list of nodes ended: at `end`, or at an `else` with more in it. */
type Ending = { readonly words: Words; readonly place: Place };

class Parser {
  readonly #pieces: readonly Piece[];
  readonly #templates: Templates;
  #at = 0;

  constructor(pieces: readonly Piece[], templates: Templates) {
    this.#pieces = pieces;
    this.#templates = templates;
  }

  all(file: string): Node[] {
    const { nodes, ending } = this.#nodes();
    if (ending) throw templateProblem(ending.place, `there is nothing to end in ${file}`);
    return nodes;
  }

  #nodes(): { nodes: Node[]; ending: Ending | undefined } {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at++]; piece; piece = this.#pieces[this.#at++]) {
      if ("text" in piece) {
        nodes.push({ kind: "text", text: piece.text });
        continue;
      }
      const words = new Words(piece.tokens, piece.place);
      if (words.next("end") || words.next("else")) return { nodes, ending: { words, place: piece.place } };
      const node = this.#action(words, piece.place);
      if (node) nodes.push(node);
    }
    return { nodes, ending: undefined };
  }

  #action(words: Words, place: Place): Node | undefined {
    for (const kind of ["if", "with", "range"] as const)
      if (words.next(kind)) return this.#branching(kind, words, place);
    for (const kind of ["break", "continue"] as const) if (words.next(kind)) return { kind, place };
    if (words.next("define")) return this.#define(words.name(), place);
    if (words.next("block")) {
      const name = words.name();
      this.#define(name, place);
      return { kind: "template", name, pipeline: words.done() ? undefined : words.pipeline(), place };
    }
    if (words.next("template")) {
      const name = words.name();
      return { kind: "template", name, pipeline: words.done() ? undefined : words.pipeline(), place };
    }
    return { kind: "output", pipeline: words.pipeline(), place };
  }

  #define(name: string, place: Place): undefined {
    const { nodes, ending } = this.#nodes();
    if (!ending?.words.done()) throw templateProblem(place, `"${name}" has no end`);
    this.#templates.set(name, nodes);
  }

  #branching(kind: "if" | "with" | "range", words: Words, place: Place): Node {
    const pipeline = words.pipeline();
    const { nodes: body, ending } = this.#nodes();
    if (!ending) throw templateProblem(place, `\`${kind}\` has no end`);
    return { kind, pipeline, body, otherwise: this.#otherwise(ending, place), place };
  }

  #otherwise({ words, place }: Ending, begun: Place): Node[] {
    if (words.was("end")) return [];
    for (const kind of ["if", "with"] as const)
      if (words.next(kind)) return [this.#branching(kind, words, place)];
    const { nodes, ending } = this.#nodes();
    if (!ending?.words.was("end")) throw templateProblem(begun, "has an `else`, and no end");
    return nodes;
  }
}
