import { seriesOf } from "./tables.mjs";

/** Grafana lays panels out on a grid of 24 columns. */
const COLUMNS = 24;
const WIDTH = 8;
const HEIGHT = 7;

const AGENTS = '{job=~"$job", instance=~"$instance", agent=~"$agent"}';
const PROCESS = '{job=~"$job", instance=~"$instance"}';

/** Series of an agent, and those of a whole process, which have neither agent nor kind. */
const OF_AGENTS = { selector: AGENTS, own: ["agent"] };
const OF_PROCESSES = { selector: PROCESS, own: ["instance"] };

/** A dashboard with a row of panels for all agents, one for the process, and one for each kind. */
export function dashboard(core, kinds, fleet) {
  const checked = seriesOf(core, kinds, fleet);
  const rows = [
    ["Agents", [states(core.up), ...panelsOf(Object.values(core))]],
    ["Process", PROCESS_PANELS.map(processPanel)],
    ...kinds.map(({ kind, metrics = [] }) => [kind, panelsOf(metrics)]),
    ["Fleet", panelsOf(Object.values(fleet), OF_PROCESSES)],
  ];
  const panels = laidOut(rows);
  for (const { targets = [] } of panels) for (const { expr } of targets) checked(expr);
  return `${JSON.stringify({ ...HEAD, panels }, undefined, 2)}\n`;
}

function panelsOf(specs, whose = OF_AGENTS) {
  return specs.map((spec) => panel(titleOf(spec), spec.help, unitOf(spec), targetsOf(spec, whose)));
}

/** How a series is looked at: counters as rates, histograms as quantiles, gauges as they are. */
function targetsOf({ name, type, labels = [] }, { selector, own }) {
  const by = [...own, ...labels];
  const legend = by.map((label) => `{{${label}}}`).join(" ");
  if (type === "gauge") return [target(`${name}${selector}`, legend)];
  const rate = (series, ...more) =>
    `sum by (${[...by, ...more].join(", ")}) (rate(${series}${selector}[$__rate_interval]))`;
  if (type === "counter") return [target(rate(name), legend)];
  return [0.5, 0.99].map((quantile) =>
    target(
      `histogram_quantile(${quantile}, ${rate(`${name}_bucket`, "le")})`,
      `p${quantile * 100} ${legend}`,
    ),
  );
}

/** `outrider_queue_event_age_seconds` is "Event age"; the unit stands at the axis. */
function titleOf({ name, type }) {
  const words = name
    .replace(/^outrider_(agent|part|queue|celery|flags|haproxy|redirects)_/, (whole) =>
      /agent|part/.test(whole) ? `${whole.slice(9)}` : "",
    )
    .replace(/^outrider_/, "")
    .replace(/_(total|seconds|bytes|percent)$/, "")
    .replace(/_(total|seconds|bytes|percent)$/, "")
    .replaceAll("_", " ");
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return type === "counter" ? `${title} per second` : title;
}

function unitOf({ name, type }) {
  if (/_bytes(_total)?$/.test(name)) return type === "counter" ? "Bps" : "bytes";
  if (type === "counter") return "ops";
  if (name.endsWith("_data_version")) return "dateTimeAsIso";
  if (name.endsWith("_seconds")) return "s";
  return name.endsWith("_percent") ? "percent" : "short";
}

const PROCESS_PANELS = [
  [
    "CPU",
    "Cores that the process uses.",
    "short",
    `rate(process_cpu_seconds_total${PROCESS}[$__rate_interval])`,
  ],
  ["Memory", "Resident memory of the process.", "bytes", `process_resident_memory_bytes${PROCESS}`],
  [
    "Event loop",
    "How late the process is, 99th percentile.",
    "s",
    `nodejs_eventloop_lag_p99_seconds${PROCESS}`,
  ],
];

function processPanel([title, description, unit, expr]) {
  return panel(title, description, unit, [target(expr, "{{instance}}")]);
}

/** Every agent as a coloured tile. */
function states({ name, help }) {
  const state = (value, text, color) => ({ [value]: { text, color } });
  const options = {
    ...state(0, "down", "red"),
    ...state(0.5, "degraded", "orange"),
    ...state(1, "ready", "green"),
  };
  return {
    ...panel("State", help, "short", [target(`${name}${AGENTS}`, "{{agent}}")]),
    type: "stat",
    fieldConfig: { defaults: { mappings: [{ type: "value", options }] }, overrides: [] },
    options: {
      colorMode: "background",
      graphMode: "none",
      textMode: "value_and_name",
      reduceOptions: { calcs: ["lastNotNull"] },
    },
    wide: true,
  };
}

function panel(title, description, unit, targets) {
  return {
    type: "timeseries",
    title,
    description,
    datasource: SOURCE,
    targets: targets.map((each, index) => ({ ...each, refId: String.fromCharCode(65 + index) })),
    fieldConfig: { defaults: { unit, min: unit === "dateTimeAsIso" ? undefined : 0 }, overrides: [] },
    options: {
      legend: { displayMode: "list", placement: "bottom" },
      tooltip: { mode: "multi", sort: "desc" },
    },
  };
}

function target(expr, legendFormat) {
  return { datasource: SOURCE, expr, legendFormat };
}

/** Places the panels row by row, and numbers them. */
function laidOut(rows) {
  const placed = [];
  let y = 0;
  const put = (each, gridPos) => placed.push({ id: placed.length + 1, ...each, gridPos });
  for (const [title, panels] of rows) {
    put({ type: "row", title, collapsed: false, panels: [] }, { x: 0, y: y++, w: COLUMNS, h: 1 });
    let x = 0;
    for (const { wide, ...each } of panels) {
      if (x + WIDTH > COLUMNS) [x, y] = [0, y + HEIGHT];
      put(each, { x, y, w: wide ? COLUMNS : WIDTH, h: HEIGHT });
      x += wide ? COLUMNS : WIDTH;
    }
    y += HEIGHT;
  }
  return placed;
}

const SOURCE = { type: "prometheus", uid: "${source}" };

const variable = (name, label, query) => ({
  name,
  label,
  type: "query",
  datasource: SOURCE,
  query: { query, refId: name },
  definition: query,
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" },
});

const HEAD = {
  title: "Outrider",
  uid: "outrider",
  tags: ["outrider"],
  description: "Generated by `npm run docs`.",
  schemaVersion: 39,
  editable: true,
  refresh: "30s",
  time: { from: "now-6h", to: "now" },
  templating: {
    list: [
      { name: "source", label: "Data source", type: "datasource", query: "prometheus" },
      variable("job", "Job", "label_values(outrider_agent_up, job)"),
      variable("instance", "Instance", 'label_values(outrider_agent_up{job=~"$job"}, instance)'),
      variable(
        "agent",
        "Agent",
        'label_values(outrider_agent_up{job=~"$job", instance=~"$instance"}, agent)',
      ),
    ],
  },
};
