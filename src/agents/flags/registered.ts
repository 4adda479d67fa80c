/** What outlives the process: the server's quota counts an agent that is started again as a new one. */
export interface Registered {
  /** SHA-256 of the key, in hex. */
  readonly key: string;
  readonly agent: string;
}
