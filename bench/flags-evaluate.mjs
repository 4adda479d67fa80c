// Evaluations a second over the recorded vectors, and what the sync of 100 flags costs a client SDK's relay; beside
// the JSON of the same answer, which is the least that has to be done.
import { readFileSync } from "node:fs";
import { compiled, compiledSegment } from "../dist/agents/flags/compile.js";
import { EnvironmentView } from "../dist/agents/flags/environment-view.js";
import { evaluate } from "../dist/agents/flags/evaluate.js";
import { readUser } from "../dist/agents/flags/user.js";
import { flagsOf } from "./flags-tools.mjs";
import { compare, median, root } from "./tools.mjs";

const { vectors } = JSON.parse(readFileSync(`${root}test/vectors/featbit-evaluation.json`, "utf8"));
const cases = vectors.map(({ flag, segments, user }) => ({
  ready: compiled(flag),
  segments: new Map(segments.map((segment) => [segment.id, compiledSegment(segment)])),
  user: readUser(user),
}));

function evaluations() {
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 500)
    for (const { ready, segments, user } of cases) {
      evaluate(ready, segments, user);
      count++;
    }
  return (count / (performance.now() - began)) * 1_000;
}

const rates = Array.from({ length: 6 }, evaluations).slice(1);
console.log(`${Math.round(median(rates)).toLocaleString("en")} evaluations a second`);

const view = new EnvironmentView({ envId: "e", secrets: [], featureFlags: flagsOf(100), segments: [] });
let user = 0;
const answer = () =>
  view.clientAnswer(
    "full",
    { keyId: `user-${user++}`, name: null, properties: new Map([["country", "us"]]) },
    view.flagsSince(0),
  );
const text = JSON.parse(answer().body.toString());

function perSecond(act) {
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < 500; count++) act();
  return (count / (performance.now() - began)) * 1_000;
}

await compare([
  ["JSON of 100 flags alone", () => perSecond(() => Buffer.from(JSON.stringify(text)))],
  ["a client's sync", () => perSecond(answer)],
]);
const began = process.cpuUsage();
for (let i = 0; i < 1_000; i++) answer();
const { user: spent } = process.cpuUsage(began);
console.log(`${(spent / 1e6).toFixed(3)} ms of CPU for a client's sync of 100 flags`);
