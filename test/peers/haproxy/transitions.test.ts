import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folder } from "../../tools/folder.ts";
import { type Haproxy, type Server, startHaproxy } from "../../tools/haproxy.ts";
import { describeWith } from "../../tools/needs.ts";
import { type OutriderProcess, startOutrider } from "../../tools/outrider.ts";
import { Tidy } from "../../tools/tidy.ts";
import { until } from "../../tools/until.ts";

interface Service {
  readonly name: string;
  readonly answer: string;
}

interface Inspected {
  readonly services: readonly Service[];
  readonly pollers: readonly { readonly service: string; readonly polls: number }[];
}

const listen = "127.0.0.1:0";
const server = (name: string, port: number) => `backend ${name}
    server s1 127.0.0.1:1 weight 100 maxconn 50 agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter 200ms agent-send "${name}\\n"`;

async function inspect(outrider: OutriderProcess): Promise<Inspected> {
  return (await outrider.api<{ inspect: Inspected }>("/api/agents/web")).inspect;
}

async function polls(outrider: OutriderProcess): Promise<Map<string, number>> {
  return new Map((await inspect(outrider)).pollers.map(({ service, polls }) => [service, polls]));
}

/** Waits until each service was asked so many times more, and the answers to all but the last have arrived. */
async function afterPolls(outrider: OutriderProcess, names: readonly string[], count: number): Promise<void> {
  const before = await polls(outrider);
  await until(`${count} polls`, async () => {
    const now = await polls(outrider);
    return names.every((name) => (now.get(name) ?? 0) > (before.get(name) ?? 0) + count);
  });
}

const STATUSES = {
  UP: "RUNNING none",
  DOWN: "STOPPED none",
  DRAIN: "RUNNING FDRAIN",
  MAINT: "STOPPED FMAINT",
};
const states = Object.keys(STATUSES).flatMap((status) => [{ status }, { status, weight: 40 }]);
const word = ({ status, weight = 100 }: { status: string; weight?: number }) => `${status}-${weight}`;
const transitions = states.flatMap((from) =>
  states.filter((to) => to !== from).map((to) => ({ from, to, name: `${word(from)}-to-${word(to)}` })),
);

describeWith("haproxy")("mode `complete`: from every state to every other", () => {
  const tidy = new Tidy("all");
  let first: Map<string, Server>;
  let then: Map<string, Server>;

  beforeAll(async () => {
    const files = await folder(tidy);
    const put = (name: string, state: object) => writeFileSync(join(files, name), JSON.stringify(state));
    for (const { name, from } of transitions) put(name, from);
    const services = Object.fromEntries(
      transitions.map(({ name }) => [name, { from: { file: join(files, name) }, maxconn: 50 }]),
    );
    const agents = { web: { kind: "haproxy", listen, mode: "complete", services } };
    const outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
    const port = await outrider.port();
    const haproxy = await startHaproxy(tidy, transitions.map(({ name }) => server(name, port)).join("\n"));
    const names = transitions.map(({ name }) => name);
    await afterPolls(outrider, names, 2);
    first = await haproxy.servers();
    const before = new Map((await inspect(outrider)).services.map(({ name, answer }) => [name, answer]));
    for (const { name, to } of transitions) put(name, to);
    await until("the new states are known", async () =>
      (await inspect(outrider)).services.every(({ name, answer }) => answer !== before.get(name)),
    );
    await afterPolls(outrider, names, 2);
    then = await haproxy.servers();
  });

  const seen = (servers: Map<string, Server>, name: string) => {
    const { op, admin, uweight, maxconn } = servers.get(`${name}/s1`)!;
    return `${op} ${admin} ${uweight} ${maxconn}`;
  };

  test.each(transitions)("$name within two polls", ({ name, from, to }) => {
    const intended = ({ status, weight = 100 }: { status: string; weight?: number }) =>
      `${STATUSES[status as keyof typeof STATUSES]} ${weight} 50`;
    expect(seen(first, name)).toBe(intended(from));
    expect(seen(then, name)).toBe(intended(to));
  });
});

describeWith("haproxy")("an operator's maintenance", () => {
  const tidy = new Tidy("all");
  let outrider: OutriderProcess;
  let haproxy: Haproxy;
  const agents = {
    web: { kind: "haproxy", listen, mode: "complete", services: { calm: {}, drained: {} } },
    eager: { kind: "haproxy", listen, mode: "complete", ready: "always" },
  };

  beforeAll(async () => {
    outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
    const [port, eager] = [await outrider.port("web"), await outrider.port("eager")];
    const sections = [server("calm", port), server("drained", port), server("eager", eager)];
    haproxy = await startHaproxy(tidy, sections.join("\n"));
    await afterPolls(outrider, ["calm", "drained"], 1);
  });

  const admin = async (name: string) => (await haproxy.server(`${name}/s1`)).admin;
  const operatorSets = (name: string, state: string) => haproxy.ask(`set server ${name}/s1 state ${state}`);

  test("survives ten polls, and is the operator's to end", async () => {
    await operatorSets("calm", "maint");
    await afterPolls(outrider, ["calm"], 10);
    expect(await admin("calm")).toBe("FMAINT");
    await operatorSets("calm", "ready");
    await afterPolls(outrider, ["calm"], 2);
    expect(await admin("calm")).toBe("none");
  });

  test("so does an operator's drain, and a change of ours that has nothing to do with it", async () => {
    await operatorSets("calm", "drain");
    await outrider.api("/api/agents/web/actions/set", { service: "calm", weight: 7 });
    await afterPolls(outrider, ["calm"], 2);
    expect(await haproxy.server("calm/s1")).toMatchObject({ admin: "FDRAIN", uweight: 7 });
    await operatorSets("calm", "ready");
  });

  test("ends with a drain of ours that ends", async () => {
    await outrider.api("/api/agents/web/actions/drain", { service: "drained" });
    await until("it drains", async () => (await admin("drained")) === "FDRAIN");
    await operatorSets("drained", "maint");
    await outrider.api("/api/agents/web/actions/up", { service: "drained" });
    await until("it is ready", async () => (await admin("drained")) === "none");
  });

  test("ends at once where `ready` is always said", async () => {
    await operatorSets("eager", "maint");
    await until("it is ready", async () => (await admin("eager")) === "none");
  });
});

describeWith("haproxy")("where hapgent's one word is not enough, and the complete answer is", () => {
  const tidy = new Tidy("all");

  describe.each([
    {
      mode: "hapgent",
      after: { maint: "STOPPED FMAINT 100", down: "STOPPED none 100", weight: "RUNNING none 5" },
    },
    {
      mode: "complete",
      after: { maint: "RUNNING none 100", down: "RUNNING none 100", weight: "RUNNING none 100" },
    },
  ])("mode `$mode`", ({ mode, after }) => {
    test("MAINT then UP, DOWN then READY, a weight that was removed", { timeout: 20_000 }, async () => {
      const files = await folder(tidy);
      const steps = {
        maint: [{ status: "MAINT" }, { status: "UP" }],
        down: [{ status: "DOWN" }, { status: "READY" }],
        weight: [{ status: "UP", weight: 5 }, { status: "UP" }],
      };
      const names = Object.keys(steps) as (keyof typeof steps)[];
      const put = (round: 0 | 1) => {
        for (const name of names) writeFileSync(join(files, name), JSON.stringify(steps[name][round]));
      };
      put(0);
      const file = (name: string) => ({ from: { file: { path: join(files, name), watch: true } } });
      const services = Object.fromEntries(names.map((name) => [name, file(name)]));
      const agents = { web: { kind: "haproxy", listen, mode, services } };
      const outrider = await startOutrider(tidy, { config: { admin: { listen }, agents } });
      const port = await outrider.port();
      const haproxy = await startHaproxy(tidy, names.map((name) => server(name, port)).join("\n"));
      await afterPolls(outrider, names, 2);
      put(1);
      await afterPolls(outrider, names, 3);
      const seen = await haproxy.servers();
      const shown = names.map((name) => {
        const { op, admin, uweight } = seen.get(`${name}/s1`)!;
        return [name, `${op} ${admin} ${uweight}`];
      });
      expect(Object.fromEntries(shown)).toEqual(after);
    });
  });
});
