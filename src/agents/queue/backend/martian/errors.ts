/** A block that cannot be used. The message begins with its place. */
export class BlockError extends Error {
  readonly at: string;

  constructor(at: string, message: string) {
    super(`${at}: ${message}`);
    this.at = at;
  }
}

/** Why a message cannot be changed as it should. */
export class MessageError extends Error {}
