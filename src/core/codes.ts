/**
 * Every expected failure has a code. A code is a metric label and an anchor in the reference, so the set is
 * small and bounded. `reference/problems.md` is written from this table, and a test holds it against the code.
 */

export type ProblemClass =
  | "ConfigProblem"
  | "LinkProblem"
  | "DeniedProblem"
  | "RejectedProblem"
  | "PartialProblem";

export interface CodeEntry {
  readonly class: ProblemClass;
  /** What happened, in one sentence. */
  readonly means: string;
  /** What a person should do about it. */
  readonly remedy: string;
}

export const codes = {
  config_invalid: {
    class: "ConfigProblem",
    means: "The configuration has mistakes. Every one is listed with its place.",
    remedy: "Mend the places that are named; `outrider check` shows them without starting anything.",
  },
  config_unreadable: {
    class: "ConfigProblem",
    means: "The configuration file or folder cannot be read.",
    remedy: "Check the path given to --config, and that the user Outrider runs as may read it.",
  },
  state_in_use: {
    class: "ConfigProblem",
    means: "Another running process owns the state folder.",
    remedy: "Stop the other process, or give this one its own `state.dir`.",
  },
  agent_not_managed: {
    class: "ConfigProblem",
    means: "The agent belongs to a file of the configuration, so the API does not change it.",
    remedy: "Change it in the file that the message names, and reload; or choose another name.",
  },
  agent_cannot_start: {
    class: "ConfigProblem",
    means: "An agent that was added or changed could not start. Everything runs as it did before.",
    remedy: "Mend what the message says, and send it again.",
  },
  probe_failed: {
    class: "ConfigProblem",
    means: "Something that the agent needs did not answer as it should, so it was not taken.",
    remedy: "Mend the step that failed, and send it again; `?force=true` takes the agent all the same.",
  },
  agent_unknown: {
    class: "ConfigProblem",
    means: "An agent is named that does not exist.",
    remedy: "`outrider status` lists the names.",
  },
  action_unknown: {
    class: "ConfigProblem",
    means: "The agent's kind has no action of this name.",
    remedy: "`outrider call AGENT` lists what can be asked of it.",
  },
  node_unknown: {
    class: "ConfigProblem",
    means: "A process of the fleet is named that has never reported, or was forgotten.",
    remedy: "`outrider fleet` lists the names.",
  },
  fleet_not_listening: {
    class: "ConfigProblem",
    means: "A process was asked about its fleet, or sent a report, but takes no reports.",
    remedy: "Write `fleet: { listen: true }` into its configuration, or ask the process that listens.",
  },
  fleet_full: {
    class: "ConfigProblem",
    means: "As many processes as a fleet can have report already, and all of them are online.",
    remedy: "Let some of them report to another process.",
  },
  input_invalid: {
    class: "ConfigProblem",
    means: "The input of an action does not fit its schema.",
    remedy: "The answer names each field; the reference shows the schema.",
  },
  connect_failed: {
    class: "LinkProblem",
    means: "The other side could not be reached, or the connection broke.",
    remedy:
      "Check that it runs and that the address in the message is right. Outrider tries again by itself.",
  },
  timed_out: {
    class: "LinkProblem",
    means: "The other side did not answer in time.",
    remedy: "Look at its load, or raise the timeout. Outrider tries again by itself.",
  },
  answer_unexpected: {
    class: "LinkProblem",
    means:
      "The other side answered something that does not follow the protocol: HTML, a redirect, cut or mistyped JSON.",
    remedy: "Check that the address really is the one of the API; a proxy in between is the usual cause.",
  },
  answer_too_large: {
    class: "LinkProblem",
    means: "The other side sent more than the limit allows.",
    remedy: "Check the address; raise the limit if so much data is expected.",
  },
  server_failed: {
    class: "LinkProblem",
    means: "The other side answered with a server error (HTTP 5xx) or asked to slow down (429).",
    remedy: "Look into its log. Outrider tries again by itself and honours Retry-After.",
  },
  backend_busy: {
    class: "LinkProblem",
    means: "A backend is not called for a while: its circuit breaker is open, or its rate limit is used up.",
    remedy: "Bring the backend back, or raise the limit. Outrider goes on by itself.",
  },
  moved_while_reading: {
    class: "LinkProblem",
    means: "The version of the data kept changing while it was being read.",
    remedy: "Nothing to do if somebody is publishing; Outrider starts over by itself.",
  },
  object_missing: {
    class: "LinkProblem",
    means: "A queue or an exchange that somebody else should have made does not exist.",
    remedy: "Start whoever makes it, or let Outrider declare it. Outrider tries again by itself.",
  },
  queue_in_use: {
    class: "LinkProblem",
    means: "The queue belongs to another connection alone, or somebody consumes it exclusively.",
    remedy: "End the other consumer, or do without `exclusive`. Outrider tries again by itself.",
  },
  consumer_cancelled: {
    class: "LinkProblem",
    means: "The broker ended our subscription: the queue was deleted, or the node that held it went away.",
    remedy: "Find out who deleted the queue. Outrider declares it again, if it is told to, and goes on.",
  },
  broker_blocked: {
    class: "LinkProblem",
    means: "The broker takes no messages now, because it is short of memory or disk.",
    remedy:
      "Free memory or disk on the broker; its log names the alarm. Outrider waits, and goes on by itself.",
  },
  door_taken: {
    class: "LinkProblem",
    means: "The listening address cannot be opened: it is in use, or not allowed.",
    remedy: "Free the address or choose another. Outrider tries again by itself.",
  },
  file_missing: {
    class: "LinkProblem",
    means: "A file that the agent reads does not exist or cannot be read.",
    remedy: "Create it or mend its permissions. Outrider notices by itself.",
  },
  state_unwritable: {
    class: "LinkProblem",
    means:
      "Something that should outlive the process could not be written: no permission, or the disk is full.",
    remedy: "Free space or mend the permissions. The agent goes on serving and tries again by itself.",
  },
  credentials_refused: {
    class: "DeniedProblem",
    means: "The other side refuses the credentials or the permission (HTTP 401 or 403).",
    remedy: "Check the token and its permissions. Outrider tries again slowly.",
  },
  gave_up: {
    class: "DeniedProblem",
    means: "It was tried as often as the configuration allows, and the other side was never there for long.",
    remedy: "See to the other side, then restart the agent; without `reconnect.times` it never gives up.",
  },
  request_refused: {
    class: "DeniedProblem",
    means: "The other side refuses whatever we ask: it does not know whom we speak for, or misses something.",
    remedy: "Mend what names us: organisation, application, environment. Outrider looks again by itself.",
  },
  declaration_refused: {
    class: "DeniedProblem",
    means: "A queue or an exchange is there with other properties than were asked for, or cannot be made so.",
    remedy:
      "The message says what differs: configure it as it is, declare it `passive`, or delete it so that it is made anew.",
  },
  data_refused: {
    class: "RejectedProblem",
    means: "Data arrived that cannot be used: a rule that does not compile, a state that is not one.",
    remedy:
      "Mend the data at its origin; the message names the item. What was served before goes on being served.",
  },
  item_refused: {
    class: "RejectedProblem",
    means: "An item can never be delivered. It was set aside.",
    remedy: "Look at the reason beside the item where rejected items are kept.",
  },
  item_unreadable: {
    class: "RejectedProblem",
    means:
      "The body of an item cannot be read: it is packed or written in a way not known here, or broken. It was set aside as it came.",
    remedy: "Look at the reason beside the item, change how the sender packs or writes it, and replay.",
  },
  snapshot_torn: {
    class: "RejectedProblem",
    means: "A snapshot file is cut, altered or belongs to somebody else. It was set aside and not loaded.",
    remedy:
      "Nothing to do: the agent loads from its origin. The file beside it ends in .torn if you want to look.",
  },
  spool_full: {
    class: "RejectedProblem",
    means: "The spool reached its limit, so the oldest items were let go, or new ones were refused.",
    remedy: "Bring the sink back, or give the spool a larger limit.",
  },
  some_refused: {
    class: "PartialProblem",
    means: "Some items of a batch were refused, the others arrived.",
    remedy: "Look at the reason beside each item where rejected items are kept.",
  },
} as const satisfies Record<string, CodeEntry>;

export type ProblemCode = keyof typeof codes;
