import type { Token } from "./lexer.ts";
import type { Operand, Pipeline } from "./nodes.ts";
import { type Place, templateProblem } from "./problem.ts";

const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, nil: undefined };

/** The words of one action, read from left to right. Everything throws ConfigProblem. */
export class Words {
  readonly #tokens: readonly Token[];
  readonly #place: Place;
  #at = 0;

  constructor(tokens: readonly Token[], place: Place) {
    this.#tokens = tokens;
    this.#place = place;
  }

  /** Takes a keyword, if it comes next. */
  next(keyword: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === "word" && token.text === keyword;
    if (found) this.#at++;
    return found;
  }

  /** Whether the first word is this one. */
  was(keyword: string): boolean {
    return this.#tokens[0]?.text === keyword;
  }

  done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  name(): string {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== "text") throw this.#wrong("the name of a template is missing");
    return token.text;
  }

  /** All that is left. */
  pipeline(): Pipeline {
    const pipeline = this.#pipeline();
    if (!this.done()) throw this.#wrong(`unexpected "${this.#tokens[this.#at]?.text}"`);
    return pipeline;
  }

  #pipeline(): Pipeline {
    const { variables, declares } = this.#variables();
    const commands: Operand[][] = [];
    do commands.push(this.#command());
    while (this.#sign("|"));
    return { variables, declares, commands };
  }

  /** `$x :=`, `$i, $x :=` or `$x =`, if that is how it begins. */
  #variables(): { variables: string[]; declares: boolean } {
    const [first, sign, second, last] = this.#tokens.slice(this.#at, this.#at + 4);
    const assigns = (token: Token | undefined) => token?.kind === "sign" && /^:?=$/.test(token.text);
    if (first?.kind !== "variable") return { variables: [], declares: false };
    if (assigns(sign)) {
      this.#at += 2;
      return { variables: [first.text], declares: sign!.text === ":=" };
    }
    if (sign?.text !== "," || second?.kind !== "variable" || !assigns(last))
      return { variables: [], declares: false };
    this.#at += 4;
    return { variables: [first.text, second.text], declares: last!.text === ":=" };
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    for (let operand = this.#operand(); operand; operand = this.#operand()) operands.push(operand);
    if (operands.length === 0) throw this.#wrong("a value is missing");
    return operands;
  }

  #operand(): Operand | undefined {
    const token = this.#tokens[this.#at];
    if (!token || (token.kind === "sign" && !"(.".includes(token.text))) return undefined;
    this.#at++;
    switch (token.kind) {
      case "text":
        return { kind: "value", value: token.text };
      case "number":
        return { kind: "value", value: this.#number(token.text) };
      case "field":
        return { kind: "dot", path: token.text.slice(1).split(".") };
      case "variable":
        return { kind: "variable", name: token.text, path: this.#fields() };
      case "word":
        return token.text in CONSTANTS
          ? { kind: "value", value: CONSTANTS[token.text] }
          : { kind: "function", name: token.text };
      default:
        return token.text === "." ? { kind: "dot", path: [] } : this.#inner();
    }
  }

  #inner(): Operand {
    const pipeline = this.#pipeline();
    if (!this.#sign(")")) throw this.#wrong("a bracket is not closed");
    return { kind: "pipeline", pipeline, path: this.#fields() };
  }

  /** Fields that follow without a space. */
  #fields(): string[] {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "field" || !token.glued) return [];
    this.#at++;
    return token.text.slice(1).split(".");
  }

  /** Whole numbers are bigints here, so that they can be told from Go's floats. */
  #number(text: string): bigint | number {
    const plain = text.replaceAll("_", "");
    return /[.eE]/.test(plain) && !/^[+-]?0x/i.test(plain) ? Number(plain) : BigInt(plain.replace(/^\+/, ""));
  }

  #sign(text: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === "sign" && token.text === text;
    if (found) this.#at++;
    return found;
  }

  #wrong(message: string): Error {
    return templateProblem(this.#place, message);
  }
}
