import type { IncomingMessage } from "node:http";

/**
 * Reads the body of a request as long as it is taken. Throws what the connection ends with.
 * @param takes told how many bytes have come so far; with false nothing more is kept
 * @returns undefined for one that was not taken whole
 */
export async function bodyOf(
  request: IncomingMessage,
  takes: (bytes: number) => boolean,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let whole = true;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    whole = takes(size);
    if (!whole) break;
    chunks.push(chunk);
  }
  if (whole) return Buffer.concat(chunks);
  // Given up in the middle it would hold its connection, and with it the end of the process.
  request.resume();
  return undefined;
}
