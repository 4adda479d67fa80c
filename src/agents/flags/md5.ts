/**
 * The beginning of a text's MD5 (RFC 1321), as rollouts need it and no more. Node's own takes several times as long for
 * texts as short as these, and is not there where FIPS is enforced.
 */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
/** Which word of a block each step takes. */
const WORDS = Uint8Array.from({ length: 64 }, (_, i) => {
  const round = i >> 4;
  return round === 0 ? i : round === 1 ? (5 * i + 1) & 15 : round === 2 ? (3 * i + 5) & 15 : (7 * i) & 15;
});

const block = new Int32Array(16);
const state = new Int32Array(4);

/** The first four bytes of the MD5 of a text in UTF-8, as a signed number with the last byte first. */
export function md5Head(text: string): number {
  const bytes = isPlain(text) ? undefined : Buffer.from(text);
  const length = bytes?.length ?? text.length;
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  const blocks = ((length + 8) >> 6) + 1;
  for (let number = 0; number < blocks; number++) {
    fill(text, bytes, length, number << 6);
    if (number === blocks - 1) {
      block[14] = length << 3;
      block[15] = length >>> 29;
    }
    digest();
  }
  return state[0]!;
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The 64 bytes from a place on; behind the text stands a one, and then nothing. */
function fill(text: string, bytes: Buffer | undefined, length: number, from: number): void {
  block.fill(0);
  const end = Math.min(length - from, 64);
  for (let i = 0; i < end; i++) {
    const byte = bytes ? bytes[from + i]! : text.charCodeAt(from + i);
    block[i >> 2]! |= byte << ((i & 3) << 3);
  }
  if (end >= 0 && end < 64) block[end >> 2]! |= 0x80 << ((end & 3) << 3);
}

function digest(): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let mixed: number;
    if (round === 0) mixed = (b & c) | (~b & d);
    else if (round === 1) mixed = (d & b) | (~d & c);
    else if (round === 2) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + SINES[i]! + block[WORDS[i]!]!) | 0;
    const shift = SHIFTS[(round << 2) | (i & 3)]!;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
