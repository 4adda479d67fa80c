import { type Alias, isAlias, type Node, visit } from "yaml";

/** How many nodes aliases may repeat in all: enough for people, too few for an alias bomb. */
const MOST_REPEATED = 50_000;

/** What each alias of a document stands for: the last anchor of its name before it. */
export class Anchors {
  readonly #targets = new Map<Alias, Node>();
  /** Targets that are being read, innermost last. */
  readonly #open = new Set<Node>();
  #repeated = 0;

  constructor(contents: Node | undefined) {
    const known = new Map<string, Node>();
    visit(contents ?? null, {
      Node: (_, node) => {
        if (isAlias(node)) {
          const target = known.get(node.source);
          if (target) this.#targets.set(node, target);
        } else if (node.anchor) known.set(node.anchor, node);
      },
    });
  }

  /** What an alias stands for, or a text that says why it stands for nothing. */
  of(alias: Alias): Node | string {
    const target = this.#targets.get(alias);
    if (!target) return `there is no anchor &${alias.source} before this alias`;
    return this.#open.has(target) ? `*${alias.source} contains itself` : target;
  }

  /** Reads an alias's target; whoever repeats it meanwhile is in a circle. */
  within<T>(target: Node, read: (target: Node) => T): T {
    this.#open.add(target);
    try {
      return read(target);
    } finally {
      this.#open.delete(target);
    }
  }

  /** Counts a node that is read. Throws an Error when aliases have repeated too many. */
  count(): void {
    if (this.#open.size > 0 && ++this.#repeated > MOST_REPEATED) {
      throw new Error(`aliases repeat more than ${MOST_REPEATED} values`);
    }
  }
}
