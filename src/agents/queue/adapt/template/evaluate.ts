import { messageOf } from "../../../../core/problems.ts";
import { type Functions, LAZY } from "./functions.ts";
import { entries, field, lazily } from "./look.ts";
import type { Node, Operand, Pipeline } from "./nodes.ts";
import type { Templates } from "./parser.ts";
import { type Place, templateProblem } from "./problem.ts";
import { Scope } from "./scope.ts";
import { printed, truthy } from "./values.ts";

/** Deeper than this, templates that call each other never end. */
const DEEPEST = 100;

/** What a loop is told from inside. */
type Leave = "break" | "continue" | undefined;

/** Fills in templates. Everything throws ConfigProblem with the line. */
export class Evaluator {
  readonly #templates: Templates;
  readonly #functions: Functions;
  #written: string[] = [];
  #depth = 0;

  constructor(templates: Templates, functions: Functions) {
    this.#templates = templates;
    this.#functions = functions;
  }

  run(name: string, data: unknown): string {
    this.#written = [];
    this.#template(name, data, { file: name, line: 1 });
    return this.#written.join("");
  }

  #template(name: string, data: unknown, place: Place): void {
    const nodes = this.#templates.get(name);
    if (!nodes) throw templateProblem(place, `there is no template "${name}"`);
    if (this.#depth++ > DEEPEST) throw templateProblem(place, `"${name}" calls itself for ever`);
    const scope = new Scope();
    scope.declare("$", data);
    this.#nodes(nodes, data, scope);
    this.#depth--;
  }

  #nodes(nodes: readonly Node[], dot: unknown, scope: Scope): Leave {
    for (const node of nodes) {
      const leave = this.#node(node, dot, scope);
      if (leave) return leave;
    }
    return undefined;
  }

  #node(node: Node, dot: unknown, scope: Scope): Leave {
    switch (node.kind) {
      case "text":
        this.#written.push(node.text);
        return undefined;
      case "output": {
        const value = this.#pipeline(node.pipeline, dot, scope, node.place);
        if (node.pipeline.variables.length === 0) this.#written.push(printed(value));
        return undefined;
      }
      case "template":
        this.#template(
          node.name,
          node.pipeline && this.#pipeline(node.pipeline, dot, scope, node.place),
          node.place,
        );
        return undefined;
      case "range":
        return this.#range(node, dot, scope);
      case "if":
      case "with": {
        const inner = new Scope(scope);
        const value = this.#pipeline(node.pipeline, dot, inner, node.place);
        if (!truthy(value)) return this.#nodes(node.otherwise, dot, new Scope(scope));
        return this.#nodes(node.body, node.kind === "with" ? value : dot, inner);
      }
      default:
        return node.kind;
    }
  }

  #range(node: Node & { kind: "if" | "with" | "range" }, dot: unknown, scope: Scope): Leave {
    const { commands, variables } = node.pipeline;
    const pipeline = { commands, variables: [], declares: false };
    const items = entries(this.#pipeline(pipeline, dot, scope, node.place), node.place);
    if (items.length === 0) return this.#nodes(node.otherwise, dot, new Scope(scope));
    for (const [key, item] of items) {
      const inner = new Scope(scope);
      const values = variables.length === 2 ? [key, item] : [item];
      for (const [i, name] of variables.entries()) inner.declare(name, values[i]);
      if (this.#nodes(node.body, item, inner) === "break") break;
    }
    return undefined;
  }

  #pipeline(pipeline: Pipeline, dot: unknown, scope: Scope, place: Place): unknown {
    let value: unknown;
    for (const [i, command] of pipeline.commands.entries())
      value = this.#command(command, i > 0 ? [value] : [], dot, scope, place);
    const [name] = pipeline.variables;
    if (name === undefined) return value;
    if (pipeline.declares) scope.declare(name, value);
    else if (!scope.assign(name, value)) throw templateProblem(place, `there is no variable ${name}`);
    return value;
  }

  #command(
    command: readonly Operand[],
    piped: readonly unknown[],
    dot: unknown,
    scope: Scope,
    place: Place,
  ): unknown {
    const [first, ...rest] = command as [Operand, ...Operand[]];
    const value = (operand: Operand) => this.#operand(operand, dot, scope, place);
    if (first.kind !== "function") {
      if (rest.length + piped.length > 0) throw templateProblem(place, "only functions take arguments");
      return value(first);
    }
    if (first.name in LAZY)
      return lazily(LAZY[first.name]!, [
        ...rest.map((each) => () => value(each)),
        ...piped.map((each) => () => each),
      ]);
    return this.#call(first.name, [...rest.map(value), ...piped], place);
  }

  #call(name: string, given: readonly unknown[], place: Place): unknown {
    const call = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (!call)
      throw templateProblem(place, `the function \`${name}\` is not known here: write its result instead`);
    try {
      return call(...(given as never[]));
    } catch (error) {
      // What JavaScript says of it means nothing to whoever wrote the template, or repeats what was given.
      const foreign = error instanceof TypeError || error instanceof SyntaxError;
      const why = foreign ? "cannot use what it is given" : messageOf(error);
      throw templateProblem(place, `${name}: ${why}`);
    }
  }

  #operand(operand: Operand, dot: unknown, scope: Scope, place: Place): unknown {
    switch (operand.kind) {
      case "value":
        return operand.value;
      case "dot":
        return field(dot, operand.path, place);
      case "function":
        return this.#command([operand], [], dot, scope, place);
      case "pipeline":
        return field(this.#pipeline(operand.pipeline, dot, scope, place), operand.path, place);
      case "variable": {
        const owner = scope.find(operand.name);
        if (!owner) throw templateProblem(place, `there is no variable ${operand.name}`);
        return field(owner.get(operand.name), operand.path, place);
      }
    }
  }
}
