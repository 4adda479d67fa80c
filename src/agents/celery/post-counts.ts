/** What one wants to know about posts. */
export interface PostCounts {
  /** A post was answered, after so many milliseconds, or it was not: then the status is 0. */
  answered(status: number, ms: number): void;
  posted(documents: number, events: number): void;
  /** Documents whose post was never answered: they are posted again, and may be there twice. */
  unclear(documents: number): void;
  /** The API said 201 and did not store as many as it was given. */
  short(given: number, stored: number): void;
  /** A document was stored without its optional fields, because the API refused it with them. */
  stripped(): void;
}
