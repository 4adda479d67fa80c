import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type Server, startHaproxy } from "../../tools/haproxy.ts";
import { describeWith } from "../../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";
import { type Encoded, encoded, fileOf, type Speaker, speakers } from "./encodable.ts";
import { expected, type ReplyVector, recorded } from "./recorded.ts";

const cases = recorded.vectors.flatMap((vector): (ReplyVector & Encoded)[] => {
  const own = encoded(vector);
  const { server = {}, cli_before, cli_after } = vector;
  const plain = Object.keys(server).every((key) => ["weight", "balance", "srv"].includes(key));
  const ours = own && plain && !cli_before && !cli_after && !String(server["srv"]).includes("check");
  return ours ? [{ ...vector, ...own }] : [];
});
const names = Object.keys(speakers) as Speaker[];
const rounds = Math.max(...cases.map(({ states }) => states.length));
/** So many polls see a state before the next one comes. */
const POLLS = 3;

interface Inspected {
  readonly inspect: { readonly pollers: readonly { readonly service: string; readonly polls: number }[] };
}

/** How often each service was asked for. */
async function polls(outrider: OutriderProcess): Promise<Map<string, number>> {
  const all = await Promise.all(names.map((name) => outrider.api<Inspected>(`/api/agents/${name}`)));
  return new Map(all.flatMap(({ inspect }) => inspect.pollers.map(({ service, polls }) => [service, polls])));
}

function section({ id, server = {} }: ReplyVector, port: number): string {
  const { balance = "roundrobin", weight = 100, srv = "" } = server;
  const agent = `agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter 250ms agent-send "${id}\\n"`;
  return `backend ${id}
    balance ${balance}
    server s1 127.0.0.1:1 weight ${weight} maxconn 50 ${srv} ${agent}`;
}

describeWith("haproxy")("what our own agents can say, said by them to the HAProxy that is installed", () => {
  const tidy = new Tidy("all");
  let servers = new Map<string, Server>();
  let version = "";

  beforeAll(async () => {
    const files = await folder(tidy);
    const put = ({ id, states, speaker }: ReplyVector & Encoded, round: number) =>
      writeFileSync(join(files, id), fileOf(states[round]!, speaker)!);
    for (const vector of cases) put(vector, 0);
    const agents = Object.fromEntries(
      names.map((name) => {
        const own = cases.filter(({ speaker }) => speaker === name);
        const file = (id: string) => ({ from: { file: { path: join(files, id), watch: true } } });
        const services = Object.fromEntries(own.map(({ id }) => [id, file(id)]));
        return [name, { kind: "haproxy", listen: "127.0.0.1:0", ...speakers[name], services }];
      }),
    );
    const outrider = await startOutrider(tidy, { config: { admin: { listen: "127.0.0.1:0" }, agents } });
    const ports = new Map(
      await Promise.all(names.map(async (name) => [name, await outrider.port(name)] as const)),
    );
    const sections = cases.map((vector) => section(vector, ports.get(vector.speaker)!));
    const haproxy = await startHaproxy(tidy, sections.join("\n"));
    version = await haproxy.version();
    for (let round = 0; round < rounds; round++) {
      if (round > 0) for (const vector of cases) if (round < vector.states.length) put(vector, round);
      const before = await polls(outrider);
      await until(`round ${round} is heard`, async () => {
        const now = await polls(outrider);
        return cases.every(({ id }) => (now.get(id) ?? 0) > (before.get(id) ?? 0) + POLLS);
      });
    }
    servers = await haproxy.atRest();
  });

  test("they can say something of every group that is about words", () => {
    const groups = cases.map(({ group }) => group);
    const about = ["operational", "administrative", "sequence", "weight", "maxconn", "hapgent-shape"];
    const wanted = about.filter((each) => recorded.vectors.some(({ group }) => group === each));
    expect(groups).toEqual(expect.arrayContaining(wanted));
  });

  test.each(cases)("$id: $reply.send, as $speaker", (vector) => {
    const { op, admin, uweight, maxconn, agentStatus, lastAgent } = servers.get(`${vector.id}/s1`)!;
    const wanted = expected(vector, version);
    expect({
      op_state: op,
      admin_state: admin,
      uweight,
      maxconn,
      agent_status: agentStatus,
      last_agt: lastAgent.toLowerCase(),
    }).toEqual({ ...wanted, last_agt: wanted.last_agt.toLowerCase() });
  });
});
