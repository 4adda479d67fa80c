import type { Headline, MetricSpec } from "../../core/metrics.ts";

const labels = ["subscription"];

export const metrics = {
  received: {
    name: "outrider_celery_messages_total",
    help: "Messages taken from the broker, those that came again included.",
    type: "counter",
    labels,
  },
  events: {
    name: "outrider_celery_events_total",
    help: "Events found in messages that Leek can take.",
    type: "counter",
    labels,
  },
  dropped: {
    name: "outrider_celery_dropped_total",
    help: "Messages, events and fields of events that were left out, by reason.",
    type: "counter",
    labels: [...labels, "reason"],
  },
  posted: {
    name: "outrider_celery_posted_total",
    help: "What Leek has taken: `documents`, and the `events` they were merged from.",
    type: "counter",
    labels: [...labels, "what"],
  },
  duplicates: {
    name: "outrider_celery_duplicates_total",
    help: "Events that came again and were not posted again (`suppressed`), and documents that were posted again because nobody answered (`possible`).",
    type: "counter",
    labels: [...labels, "what"],
  },
  rejected: {
    name: "outrider_celery_rejected_total",
    help: "Events that Leek refuses for ever. They were set aside.",
    type: "counter",
    labels,
  },
  stripped: {
    name: "outrider_celery_stripped_total",
    help: "Documents that Leek took only without their optional fields.",
    type: "counter",
    labels,
  },
  short: {
    name: "outrider_celery_unstored_total",
    help: "Documents that Leek said it took and did not store.",
    type: "counter",
    labels,
  },
  lost: {
    name: "outrider_celery_lost_total",
    help: "Messages from Redis that were let go before they were on disk, because the memory for that was full.",
    type: "counter",
    labels,
  },
  spoolLost: {
    name: "outrider_celery_spool_lost_total",
    help: "Events that were let go because the spool was full: first those that do not say how a task ended (`other`), then the oldest, `ended` ones too.",
    type: "counter",
    labels: [...labels, "what"],
  },
  links: {
    name: "outrider_celery_links_total",
    help: "How often the link to the broker was opened. On Redis, what was published in between is lost.",
    type: "counter",
    labels,
  },
  buffered: {
    name: "outrider_celery_buffered",
    help: "Events that were taken and are not settled.",
    type: "gauge",
    labels,
  },
  depth: {
    name: "outrider_celery_queue_messages",
    help: "Messages that wait in RabbitMQ's queue.",
    type: "gauge",
    labels,
  },
  missing: {
    name: "outrider_celery_missing_tasks",
    help: "Started tasks that workers count in their heartbeats and that we have no event of, since we listen.",
    type: "gauge",
    labels,
  },
  posts: {
    name: "outrider_celery_post_seconds",
    help: "How long posts took, by status; 0 is no answer.",
    type: "histogram",
    labels: [...labels, "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
} as const satisfies Record<string, MetricSpec>;

export const headline: Headline = {
  rate: [{ metric: metrics.posted, only: { what: ["events"] } }],
  errors: [{ metric: metrics.rejected }, { metric: metrics.lost }],
  latency: metrics.posts,
};
