import type { Shown } from "./shown.ts";
import { type Case, examineServer, type Finding, warning } from "./symptoms.ts";
import type { Told, ToldPoller } from "./told.ts";
import { understand } from "./understand.ts";

/** Compares what HAProxy shows with what its agents say. */
export function examine(servers: readonly Shown[], told: readonly Told[]): Finding[] {
  const cases = servers.map((server) => caseOf(server, told));
  return [...cases.flatMap(examineServer), ...told.flatMap((each) => examineAgent(each, cases))];
}

function caseOf(server: Shown, all: readonly Told[]): Case {
  // HAProxy does not show its `agent-send`; by custom it is the server's name.
  const names = [server.name, server.name.split("/")[1]];
  const named = ({ services }: Told) => services.find(({ name }) => names.includes(name));
  const told = agentOf(server, all) ?? (server.port === undefined ? all.find(named) : undefined);
  const service = told?.services.length === 1 ? told.services[0] : told && named(told);
  return { server, told, service, answer: service && understand(`${service.answer}\n`) };
}

/** By its port; where HAProxy's statistics alone are known, there may be only one. */
function agentOf({ port }: Shown, all: readonly Told[]): Told | undefined {
  if (port !== undefined) return all.find((told) => told.port === port);
  return all.length === 1 ? all[0] : undefined;
}

function examineAgent(told: Told, cases: readonly Case[]): Finding[] {
  const { agent, port } = told;
  const askers = cases.filter((each) => each.told === told);
  const pollers = told.pollers.flatMap((poller) => examinePoller(told, poller, askers));
  const unasked = askers.length === 0 && cases.every(({ server }) => server.port !== undefined);
  if (!unasked) return pollers;
  const remedy = `Give a server \`agent-port ${port}\`.`;
  return [warning(agent, "no server of this HAProxy asks it", remedy), ...pollers];
}

function examinePoller(
  { agent, waits, leaves }: Told,
  poller: ToldPoller,
  askers: readonly Case[],
): Finding[] {
  const { address, service, first, last, polls, gap } = poller;
  const lines = askers.filter((each) => each.service?.name === service).length;
  // Several servers of one HAProxy that ask for the same service look like one that asks often.
  const pause = polls > 1 ? Math.round(((last - first) / (polls - 1)) * Math.max(1, lines)) : undefined;
  const findings: Finding[] = [];
  // Whoever gets the default service may not have sent a line at all.
  if (service === "*" && waits !== undefined && pause !== undefined && pause < waits) {
    const what = `${address} asks every ${pause} ms, but it may wait ${waits} ms for the line of agent-send`;
    findings.push(warning(agent, what, "Set its `wait` below agent-inter, and end agent-send with \\n."));
  }
  if (leaves !== undefined && gap > leaves) {
    const what = `${address} asks every ${gap} ms, but it leaves ${leaves} ms after it was told to`;
    findings.push(warning(agent, what, "Set `drain.max` above agent-inter, or `drain` may never be heard."));
  }
  return findings;
}
