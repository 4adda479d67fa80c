import type { Shown } from "./shown.ts";
import type { Told, ToldService } from "./told.ts";
import { type Understood, weightOf } from "./understand.ts";

/** Something that is not as it should be between HAProxy and an agent. */
export interface Finding {
  /** An error keeps HAProxy from doing what the agent says; a warning may, some day. */
  readonly severity: "error" | "warning";
  /** `backend/server`, or the agent's name. */
  readonly place: string;
  readonly what: string;
  readonly remedy: string;
}

/** A server, and what the agent's service tells it, as far as that is known. */
export interface Case {
  readonly server: Shown;
  readonly told: Told | undefined;
  readonly service: ToldService | undefined;
  readonly answer: Understood | undefined;
}

/** What is wrong with one server. */
export function examineServer(one: Case): Finding[] {
  const silent = examineSilence(one);
  // What is no longer heard need not be compared.
  if (silent) return [silent];
  const checks = [examineRemark, examineFlag, examineAdmin, examineWeight];
  return checks.flatMap((check) => check(one) ?? []);
}

const SILENCE: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  L4CON: ["nobody listens where HAProxy asks", "Start the agent, or mend agent-addr and agent-port."],
  L4TOUT: ["the agent cannot be reached in time", "Mend agent-addr, or look for a firewall in between."],
  L7TOUT: [
    "no whole answer came in time",
    "Raise agent-inter, or set `timeout check`. Where one server has an agent-send, HAProxy 2.6 wants one on each.",
  ],
  L7RSP: ["the agent closed without a word", "Let agent-send name a service that the agent has."],
  SOCKERR: ["the agent refused to answer", "Look at the agent's `allow` and `max_connections`."],
};

const STRANGER = "Look who answers at the agent's port.";

function examineSilence({ server, told }: Case): Finding | undefined {
  const { name, agentUp, agentStatus, lastAgent } = server;
  if (agentUp === undefined) {
    return warning(name, "its agent is not asked", `Tell HAProxy \`enable agent ${name}\`.`);
  }
  if (/^Ignoring incomplete line/.test(lastAgent)) {
    return error(name, "the answer has no line end, so it is ignored", STRANGER);
  }
  const [what, remedy] = SILENCE[agentStatus] ?? [];
  if (what === undefined || remedy === undefined) return undefined;
  const waiting = agentStatus === "L7TOUT" && told?.waits;
  const more = waiting ? ` The agent waits ${waiting} ms for a line: let agent-send end with \\n.` : "";
  return error(name, `${what} (${agentStatus}); HAProxy keeps what it heard last`, remedy + more);
}

function examineRemark({ server: { name, lastAgent } }: Case): Finding | undefined {
  const [, remark] = /^agent (?:reports an error|warns) : (.*)/s.exec(lastAgent) ?? [];
  if (remark === undefined || STATIC.test(remark)) return undefined;
  return warning(name, `HAProxy does not understand all of the answer: ${remark}`, STRANGER);
}

function examineFlag({ server: { name, agentUp }, answer, service }: Case): Finding | undefined {
  if (!answer) return undefined;
  const wanted = answer.health ?? (answer.admin === "ready" ? "up" : undefined);
  if (wanted === undefined || agentUp === (wanted === "up")) return undefined;
  const what = `HAProxy holds the agent for ${agentUp ? "up" : "down"}, the agent says \`${service?.answer}\``;
  const remedy = answer.health
    ? `If an operator has set it: \`set server ${name} agent ${answer.health}\`.`
    : "`READY` does not end an earlier `DOWN`: say `UP`, or use mode `complete`.";
  return error(name, what, remedy);
}

function examineAdmin({ server: { name, maint, drain }, answer, service }: Case): Finding | undefined {
  if (!answer) return undefined;
  const state = maint ? "maint" : drain ? "drain" : "ready";
  const wanted = answer.admin ?? "ready";
  if (state === wanted) return undefined;
  const what = `HAProxy shows ${state}, the agent says \`${service?.answer}\``;
  const remedy =
    state === "ready" ? "" : "An operator may have set it, or the agent before; `up` does not end it. ";
  return warning(name, what, `${remedy}\`set server ${name} state ${wanted}\` makes them agree.`);
}

/** What HAProxy says of a weight that its algorithm cannot use. */
const STATIC = /static LB algorithm/;

function examineWeight({ server, answer, service }: Case): Finding | undefined {
  const { name, weight, configured, algorithm, lastAgent } = server;
  const percent = Number.parseInt(answer?.weight ?? "100", 10);
  const steers = percent !== 100 || service?.weighs === true;
  if (STATIC.test(lastAgent) || (steers && algorithm === "static-rr")) return staticAlgorithm(name);
  const wanted = answer?.weight === undefined ? undefined : weightOf(answer.weight, configured ?? weight);
  const of = `its configured weight${configured === undefined ? "" : ` ${configured}`}`;
  const remedy = "Configure `weight 100` for every server, so that percents are whole numbers.";
  if (weight === 0 && configured !== 0 && percent > 0) {
    return error(name, `${answer?.weight ?? "a share"} of ${of} is 0: it gets nothing`, remedy);
  }
  if (steers && percent > 0 && configured !== undefined && configured < 100) {
    return warning(name, `percents of ${of} are cut off to few steps`, remedy);
  }
  if (wanted === undefined || configured === undefined || weight === wanted) return undefined;
  const passing = "An operator or an SRV record may have set it; it lasts until the agent's next answer.";
  return warning(name, `its weight is ${weight}, the agent says \`${service?.answer}\``, passing);
}

function staticAlgorithm(name: string): Finding {
  const remedy = "Balance by a dynamic algorithm (roundrobin, leastconn), or leave the weight out.";
  return warning(name, "its static algorithm takes no weight from the agent", remedy);
}

function error(place: string, what: string, remedy: string): Finding {
  return { severity: "error", place, what, remedy };
}

export function warning(place: string, what: string, remedy: string): Finding {
  return { severity: "warning", place, what, remedy };
}
