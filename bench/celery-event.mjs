// What the figures of celery are made with.

/** A task's four events, as a worker and a client send them. */
export function celeryEvent(i) {
  const types = ["task-sent", "task-received", "task-started", "task-succeeded"];
  const type = types[i % 4];
  const uuid = `00000000-0000-4000-8000-${String(Math.floor(i / 4)).padStart(12, "0")}`;
  const common = {
    hostname: "w1@lab",
    utcoffset: 0,
    pid: 7,
    clock: i,
    uuid,
    timestamp: 1.7e9 + i / 1000,
    type,
  };
  const known = {
    name: "shop.add",
    args: "(4, 4)",
    kwargs: "{'a': {'b': 1}}",
    root_id: uuid,
    parent_id: null,
  };
  if (i % 4 < 2) return JSON.stringify({ ...common, ...known, retries: 0, eta: null, expires: null });
  return JSON.stringify(i % 4 === 3 ? { ...common, result: "8", runtime: 0.01 } : common);
}
