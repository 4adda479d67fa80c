/** A task's event as a worker tells it. */
export const started = {
  type: "task-started",
  uuid: "u",
  hostname: "w",
  timestamp: 1.5,
  utcoffset: 0,
  pid: 1,
  clock: 1,
};
