import { expect, it } from "vitest";
import { Bench, callOf, stub } from "../../../../test/tools/layers.ts";
import type { Backend } from "./call.ts";
import { shadowed } from "./shadow.ts";

it("a shadow that answers nobody is called no more, and told once, while events go on; and again when it is back", async () => {
  const bench = new Bench();
  const { backend, calls } = stub();
  let answers: (() => void)[] = [];
  const shadow: Backend = () =>
    new Promise((resolve) =>
      answers.push(() => resolve({ data: {}, complete: true, status: 200, headers: {} })),
    );
  const subject = shadowed(shadow, 60_000, bench.around)(backend);
  const send = async (count: number) => {
    for (let i = 0; i < count; i++) await subject(callOf(), bench.life.stop);
  };
  await send(1_500);
  expect([calls.length, answers.length, bench.logged.length]).toEqual([1_500, 1_000, 1]);
  const waiting = answers;
  answers = [];
  for (const answer of waiting) answer();
  await new Promise((resolve) => setImmediate(resolve));
  await send(5);
  expect(answers.length).toBe(5);
  for (const answer of answers) answer();
  await bench.close();
});
