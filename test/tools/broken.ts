import { type Law, patience } from "../../src/laws/index.ts";

// What fails here fails by waiting in vain, so it does not wait for long.
Object.assign(patience, { soon: 400, atOnce: 200, linger: 300 });

/** What the laws, by a piece of their name, say of something that breaks one. Whoever asks has less patience than usual. */
export async function broken(laws: readonly Law[], only: string): Promise<string | undefined> {
  const law = laws.find(({ name }) => name.includes(only));
  if (!law) throw new Error(`there is no law about "${only}"`);
  try {
    await law.check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
