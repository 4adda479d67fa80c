import { code, head, table } from "./table.mjs";

/** Every series of `/metrics`, from the tables that the code uses. */
export function metricsPage(core, kinds, fleet) {
  const sections = kinds.map(({ kind, metrics = [] }) => `## ${kind}\n\n${rows(metrics)}\n`);
  return [
    head(
      "Metrics",
      "Every series has the labels `agent` and `kind`; further labels are named here. Process metrics of Node.js (`process_*`, `nodejs_*`) come along.",
    ),
    `## Every kind\n\n${rows(Object.values(core))}\n`,
    ...sections,
    `## Fleet\n\nThese are about whole processes and have neither \`agent\` nor \`kind\`.\n\n${rows(Object.values(fleet))}\n`,
  ].join("\n");
}

function rows(specs) {
  return table(
    ["name", "type", "labels", "meaning"],
    specs.map(({ name, type, labels = [], help }) => [code(name), type, labels.map(code).join(", "), help]),
  );
}
