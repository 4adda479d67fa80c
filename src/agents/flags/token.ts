/** The letters that stand for the digits 0 to 9 in a connection token. */
const LETTERS = "QBWSPHDXZU";
const HEAD = 5;

/** What a connection token holds. It hides nothing: the secret can be read back from it. */
export interface Token {
  /** 44 characters. Whether anybody knows it is another question. */
  readonly secret: string;
  /** When it was made, in milliseconds since 1970. */
  readonly madeAt: number;
}

/**
 * Takes a connection token apart as the FeatBit server does: three letters say where in the secret the time stands,
 * two how long it is. @returns undefined for a text that is none
 */
export function readToken(token: string): Token | undefined {
  const position = number(token.slice(0, 3), 3);
  const length = number(token.slice(3, HEAD), 2);
  const body = token.slice(HEAD);
  if (position === undefined || length === undefined) return undefined;
  // The server reads the position into one byte.
  if (position > 255 || body.length < position + length) return undefined;
  const madeAt = number(body.slice(position, position + length), length);
  if (madeAt === undefined) return undefined;
  const bare = body.slice(0, position) + body.slice(position + length);
  const secret = bare.padEnd(Math.ceil(bare.length / 4) * 4, "=");
  return secret.length === 44 ? { secret, madeAt } : undefined;
}

/** A connection token as SDKs make it. */
export function makeToken(secret: string, now = Date.now(), random = Math.random): string {
  const bare = secret.replace(/=+$/, "");
  const position = Math.max(2, Math.floor(random() * bare.length));
  const time = letters(String(now));
  const head = letters(String(position).padStart(3, "0")) + letters(String(time.length).padStart(2, "0"));
  return head + bare.slice(0, position) + time + bare.slice(position);
}

function number(text: string, length: number): number | undefined {
  if (text.length !== length) return undefined;
  let value = 0;
  for (const letter of text) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function letters(digits: string): string {
  return digits.replace(/\d/g, (digit) => LETTERS[Number(digit)]!);
}
