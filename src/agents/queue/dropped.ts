/** Why an event was not handed to any backend, and is done all the same. */
export type Dropped = "filtered" | "duplicate";
