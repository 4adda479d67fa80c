/** Series of Node.js that `prom-client` adds; named here because they stand in no table of ours. */
const RUNTIME = [
  "process_resident_memory_bytes",
  "process_cpu_seconds_total",
  "nodejs_eventloop_lag_p99_seconds",
];

/** Every series by name, so that a name that is mistyped, or was dropped from the code, is an error and no silence. */
export function seriesOf(core, kinds, fleet) {
  const own = [...Object.values(core), ...Object.values(fleet)];
  const specs = [...own, ...kinds.flatMap(({ metrics = [] }) => metrics)];
  const known = new Set([...specs.map(({ name }) => name), ...RUNTIME, "up"]);
  const stems = new Set(specs.filter(({ type }) => type === "histogram").map(({ name }) => name));
  const isKnown = (name) => known.has(name) || stems.has(name.replace(/_(bucket|sum|count)$/, ""));
  return (expression) => {
    const names = expression.match(/\b(?:outrider|process|nodejs)_\w+/g) ?? [];
    const unknown = names.find((name) => !isKnown(name));
    if (unknown) throw new Error(`no metric is called ${unknown}, but "${expression}" asks for it`);
    return expression;
  };
}
