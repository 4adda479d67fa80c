import { expect, it } from "vitest";
import { goDuration } from "./go-duration.ts";

it.each([
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.s", 1_000],
  ["+2s", 2_000],
  ["-2s", -2_000],
  ["1s500ms", 1_500],
  ["100us", 0.1],
  ["100µs", 0.1],
  ["100μs", 0.1],
  ["1000000ns", 1],
  ["0", 0],
  ["-0", -0],
  ["0s", 0],
])("%s is %d ms", (text, ms) => expect(goDuration(text)).toBeCloseTo(ms, 9));

it.each([
  "",
  "5",
  "5 m",
  " 5m",
  "5m ",
  "m",
  ".s",
  "1d",
  "5M",
  "--5s",
  "+",
  "1h 30m",
  "5mx",
  "1,5s",
  "s5",
  "1e3s",
])("%j is no duration", (text) => expect(goDuration(text)).toBeUndefined());
