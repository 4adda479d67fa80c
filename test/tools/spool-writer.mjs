// Spools `item 0`, `item 1` … into a folder until it is killed, and prints how many the spool has accepted.
import { writeSync } from "node:fs";
import { Health } from "../../dist/core/health.js";
import { Spool } from "../../dist/wire/spool.js";

const [, , folder, bytes] = process.argv;

const source = {
  async *open({ up }) {
    up();
    for (let number = 0; ; number++) {
      const value = `item ${number}`;
      yield { value, bytes: value.length, settle: () => void writeSync(1, `${number + 1}\n`) };
    }
  },
};

const spool = new Spool(source, { folder, bytes: Number(bytes), link: new Health().part("link") });
const { signal } = new AbortController();
// Whatever it delivers is taken and never settled.
for await (const _ of spool.open({ signal, after: undefined, up: () => {} }));
