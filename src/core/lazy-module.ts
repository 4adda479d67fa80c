/** A module that is loaded when somebody needs it: a process shall hold the code of the kinds that it runs. */
export class LazyModule<M> {
  readonly #import: () => Promise<M>;
  #module: M | undefined;

  constructor(load: () => Promise<M>) {
    this.#import = load;
  }

  readonly load = async (): Promise<void> => {
    this.#module ??= await this.#import();
  };

  /** The module. Throws TypeError before it was loaded: that is a defect. */
  get module(): M {
    if (!this.#module) throw new TypeError("the module has not been loaded yet");
    return this.#module;
  }
}
