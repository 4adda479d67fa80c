import { open } from "node:fs/promises";

/** Reads a file's first bytes, `most` at most: whatever it turns out to be, it does not fill the memory. */
export async function readStart(path: string, most: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const bytes = Buffer.alloc(most);
    let length = 0;
    for (let read = -1; read !== 0 && length < most; length += read) {
      read = (await file.read(bytes, length, most - length, null)).bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
