// One decision at 700,000 exact and 50,000 regex rules, beside a look into a plain Map with the same keys.
const { buildMatcher } = await import("../dist/agents/redirects/build.js");
const { RuleSet } = await import("../dist/agents/redirects/rules.js");

const EXACT = 700_000;
const REGEX = 50_000;
const ASKED = 200_000;

if (!globalThis.gc) throw new Error("run with node --expose-gc");
/** As it comes from a JSON answer: flat, in one piece. */
const flat = (value) => JSON.parse(JSON.stringify(value));

gc();
const empty = process.memoryUsage();
const rules = new RuleSet();
for (let i = 0; i < EXACT; i++) {
  const source = `/products/category-${i % 977}/item-${i}.html`;
  rules.add({
    ...flat({ type: "BASIC", source, target: `/shop/item/${i}`, status: "MOVED_PERMANENT" }),
    code: 301,
  });
}
for (let i = 0; i < REGEX; i++) {
  const source = `^/archive-${i}/([0-9]+)/(.*)$`;
  rules.add({ ...flat({ type: "REGEX", source, target: `/a/${i}/$1/$2`, status: "FOUND" }), code: 302 });
}
gc();
const held = process.memoryUsage();
const began = performance.now();
const { matcher } = await buildMatcher(rules, { matching: "flecto", onBadRule: "refuse", now: 0 });
const took = performance.now() - began;
gc();
const built = process.memoryUsage();

const used = ({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers;
const perRule = (from, to) => Math.round((used(to) - used(from)) / (EXACT + REGEX));
console.log(`load: ${Math.round(took)} ms for ${(EXACT + REGEX).toLocaleString("en")} rules`);
console.log(
  `memory: ${perRule(empty, held)} B a rule for its texts, ${perRule(held, built)} B for the tables`,
);

const pick = (count) => Math.floor(Math.random() * count);
const requests = {
  "exact hit": () => {
    const i = pick(EXACT);
    return `/products/category-${i % 977}/item-${i}.html`;
  },
  "regex hit": () => `/archive-${pick(REGEX)}/${pick(1e6)}/some-page.html`,
  miss: () => `/nothing/here/${pick(1e6)}`,
  "mixed (4:3:3)": () => {
    const dice = Math.random();
    return dice < 0.4 ? requests["exact hit"]() : dice < 0.7 ? requests["regex hit"]() : requests.miss();
  },
};
const map = new Map(rules.sources.map((source, index) => [source, index]));

for (const [name, make] of Object.entries(requests)) {
  const uris = Array.from({ length: ASKED }, () => flat(make()));
  const mean = (decide) => {
    const from = performance.now();
    for (const uri of uris) decide(uri);
    return ((performance.now() - from) * 1e3) / ASKED;
  };
  let ours = Number.POSITIVE_INFINITY;
  let reference = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    ours = Math.min(
      ours,
      mean((uri) => matcher.match("example.com", uri)),
    );
    reference = Math.min(
      reference,
      mean((uri) => map.get(uri)),
    );
  }
  const times = new Float64Array(ASKED);
  for (const [i, uri] of uris.entries()) {
    const from = process.hrtime.bigint();
    matcher.match("example.com", uri);
    times[i] = Number(process.hrtime.bigint() - from) / 1e3;
  }
  times.sort();
  const at = (share) => times[Math.floor(ASKED * share)].toFixed(2);
  console.log(
    `${name.padEnd(14)} mean ${ours.toFixed(2)} µs (Map ${reference.toFixed(2)} µs, ratio ${(ours / reference).toFixed(1)}), p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)} µs`,
  );
}
