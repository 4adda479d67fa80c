import { expect, test } from "vitest";
import { type CaughtSignal, withSignal } from "./signals.ts";

test.each([
  ["1", "1"],
  ["11", "1"],
  ["12", "12"],
  ["121", "21"],
  ["HHH", "H"],
  ["1H1", "H1"],
  ["H1H", "H1H"],
  ["H1H2H", "H12H"],
  ["H121H1H2H21", "HH21"],
  ["1H2H", "12H"],
])("of the crowd %s, %s is told", (crowd, told) => {
  const names: Record<string, CaughtSignal> = { "1": "SIGUSR1", "2": "SIGUSR2", H: "SIGHUP" };
  const waiting = [...crowd].reduce<CaughtSignal[]>((each, letter) => withSignal(each, names[letter]!), []);
  expect(waiting.map((signal) => signal.replace("SIGUSR", "").slice(0, 1).replace("S", "H")).join("")).toBe(
    told,
  );
});
