/** A pattern's text and how far it has been read. Positions are in UTF-16 units; characters are code points. */
export class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** Whether the unread text begins so. */
  sees(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** The unread UTF-16 unit at a distance, or an empty text. */
  peek(distance = 0): string {
    return this.text.charAt(this.at + distance);
  }

  /** Reads the text if it is next. */
  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Reads one character. There must be one. */
  next(): number {
    const rune = this.text.codePointAt(this.at) ?? 0xfffd;
    this.at += rune > 0xffff ? 2 : 1;
    return rune;
  }

  /** What was read since a position. */
  since(start: number): string {
    return this.text.slice(start, this.at);
  }

  /** Everything from a position on, read or not. */
  from(start: number): string {
    return this.text.slice(start);
  }
}
