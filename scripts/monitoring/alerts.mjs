import { stringify } from "yaml";
import { seriesOf } from "./tables.mjs";

const STATUS = "`outrider status` names the part, why it is down, and the remedy.";
const ASIDE = "Look at what was set aside and why, then send it again: `outrider call AGENT replay`.";

/** Name, severity, how long it must last, expression, what happened, and what to do. `{{ }}` is Prometheus's. */
const RULES = [
  [
    "OutriderAway",
    "critical",
    "2m",
    'up{job="outrider"} == 0',
    "Outrider at {{ $labels.instance }} does not answer",
    "See whether the process runs; its log has the last word.",
  ],
  [
    "OutriderAgentDown",
    "critical",
    "2m",
    "outrider_agent_up == 0",
    "{{ $labels.agent }} ({{ $labels.kind }}) does not serve",
    `${STATUS} One that was stopped on purpose is down, too.`,
  ],
  [
    "OutriderAgentDegraded",
    "warning",
    "10m",
    "outrider_agent_up == 0.5",
    "{{ $labels.agent }} ({{ $labels.kind }}) serves, but a part has been down for ten minutes",
    STATUS,
  ],
  [
    "OutriderAgentFell",
    "warning",
    "0m",
    "increase(outrider_agent_restarts_total[10m]) > 0",
    "{{ $labels.agent }} ({{ $labels.kind }}) fell and was started again",
    "It is a defect unless `status` says otherwise; the log has the stack.",
  ],
  [
    "OutriderAgentBehind",
    "warning",
    "10m",
    "outrider_agent_lag_seconds > 900",
    "{{ $labels.agent }} ({{ $labels.kind }}) is {{ $value | humanizeDuration }} behind the outside",
    "Its origin is silent, or its sink does not keep up: `outrider status`.",
  ],
  [
    "OutriderPartFlaps",
    "warning",
    "0m",
    "sum by (instance, agent, kind, part) (increase(outrider_problems_total[15m])) > 10",
    "{{ $labels.part }} of {{ $labels.agent }} ({{ $labels.kind }}) went down more than ten times in a quarter of an hour",
    STATUS,
  ],
  [
    "OutriderSpoolFilling",
    "warning",
    "5m",
    "outrider_spool_bytes / outrider_spool_limit_bytes > 0.8",
    "The spool {{ $labels.spool }} of {{ $labels.agent }} is {{ $value | humanizePercentage }} full",
    "Bring back what it is written to, or raise the spool's limit.",
  ],
  [
    "OutriderSpoolLosesItems",
    "critical",
    "0m",
    "increase(outrider_spool_lost_bytes_total[10m]) > 0",
    "The spool {{ $labels.spool }} of {{ $labels.agent }} was full: its oldest items were let go",
    "Bring back what it is written to; what was let go is lost.",
  ],
  [
    "OutriderEventLoopBlocked",
    "warning",
    "10m",
    'nodejs_eventloop_lag_p99_seconds{job="outrider"} > 0.5',
    "Outrider at {{ $labels.instance }} is so busy that it answers late",
    "Give it a core of its own, or fewer agents.",
  ],

  [
    "OutriderQueueSetsAside",
    "warning",
    "0m",
    'increase(outrider_queue_settled_total{outcome="rejected"}[15m]) > 0',
    "{{ $labels.agent }} set events aside in the last quarter of an hour",
    ASIDE,
  ],
  [
    "OutriderQueueStuck",
    "critical",
    "10m",
    "outrider_queue_in_flight > 0 unless sum without (outcome) (increase(outrider_queue_settled_total[10m])) > 0",
    "{{ $labels.agent }} holds events and has settled none for ten minutes",
    "Its backend refuses or hangs, or it is paused: `outrider status`.",
  ],
  [
    "OutriderQueueOldEvents",
    "warning",
    "10m",
    "histogram_quantile(0.99, sum by (instance, agent, le) (rate(outrider_queue_event_age_seconds_bucket[10m]))) > 300",
    "Events of {{ $labels.agent }} are more than five minutes old when they are delivered",
    "Add workers, or find out why the backend is slow.",
  ],

  [
    "OutriderCeleryRejected",
    "warning",
    "0m",
    "increase(outrider_celery_rejected_total[15m]) > 0",
    "Leek refuses events of {{ $labels.agent }} for ever; they were set aside",
    ASIDE,
  ],
  [
    "OutriderCeleryLost",
    "critical",
    "0m",
    "increase(outrider_celery_lost_total[10m]) > 0",
    "{{ $labels.agent }} let messages from Redis go",
    "Leek is away for too long, or Redis publishes faster than we write: raise `spool`.",
  ],
  [
    "OutriderCeleryUnstored",
    "warning",
    "0m",
    "increase(outrider_celery_unstored_total[15m]) > 0",
    "Leek said it took documents of {{ $labels.agent }} and did not store them",
    "Look into Leek's log and its index.",
  ],
  [
    "OutriderCeleryQueueGrows",
    "warning",
    "15m",
    "outrider_celery_queue_messages > 10000 and deriv(outrider_celery_queue_messages[15m]) > 0",
    "{{ $value }} messages wait in RabbitMQ for {{ $labels.agent }}, and they become more",
    "Leek is slow or away; raise `workers`, or bring it back.",
  ],
  [
    "OutriderCeleryGaps",
    "warning",
    "15m",
    "outrider_celery_missing_tasks > 0",
    "Workers have started {{ $value }} tasks of which {{ $labels.agent }} saw no event",
    "Something takes events away before us, or the workers send none.",
  ],

  [
    "OutriderFlagsTurnsAway",
    "warning",
    "10m",
    'sum by (instance, agent) (rate(outrider_flags_turned_away_total{reason!="expired"}[10m])) > 1',
    "{{ $labels.agent }} turns SDKs away",
    "`outrider_flags_turned_away_total` has the reason: a wrong secret, a limit.",
  ],

  [
    "OutriderHaproxyUnasked",
    "warning",
    "5m",
    "outrider_haproxy_pollers == 0",
    "Nobody asks {{ $labels.agent }} for its agent check",
    "`outrider doctor haproxy --socket …` compares both sides.",
  ],
  [
    "OutriderHaproxyRefuses",
    "warning",
    "5m",
    "rate(outrider_haproxy_refused_total[5m]) > 0.1",
    "{{ $labels.agent }} refuses connections",
    "Somebody who is not on the allow-list asks, or too many at once.",
  ],

  [
    "OutriderRedirectsBadRules",
    "warning",
    "10m",
    "outrider_redirects_bad_rules > 0",
    "{{ $value }} rules of {{ $labels.agent }} were left out because they do not compile",
    "`outrider call AGENT lint` lists them.",
  ],
  [
    "OutriderFleetNodeOffline",
    "warning",
    "5m",
    "outrider_fleet_node_online == 0",
    "{{ $labels.node }} has not reported to its fleet for longer than `offline_after`",
    "See whether the process runs and reaches the one that listens; `outrider fleet` tells when it was seen last.",
  ],
  [
    "OutriderFleetUnreported",
    "warning",
    "10m",
    "outrider_fleet_link_up == 0",
    "Reports of {{ $labels.instance }} do not arrive at its fleet",
    "`outrider fleet` on that process tells why, and what to do.",
  ],
];

/** Prometheus's alerting rules, from the metrics table. Throws if a rule asks for a series that there is not. */
export function alertsFile(core, kinds, fleet) {
  const checked = seriesOf(core, kinds, fleet);
  const rules = RULES.map(([alert, severity, wait, expr, summary, description]) => ({
    alert,
    expr: checked(expr),
    ...(wait !== "0m" && { for: wait }),
    labels: { severity },
    annotations: { summary, description },
  }));
  const file = { groups: [{ name: "outrider", rules }] };
  return `# Generated by \`npm run docs\`. Do not edit. Scrape Outrider with the job name \`outrider\`.\n${stringify(file, { lineWidth: 0 })}`;
}
