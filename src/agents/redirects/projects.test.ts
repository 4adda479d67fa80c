import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { config } from "./config.ts";
import { projectsOf } from "./projects.ts";

const root = { url: "http://manager", namespace: "ns", project: "main", token: "t" };

function projects(given: z.input<typeof config>) {
  return projectsOf(config.parse(given)).map(({ hosts, everyHost, origin }) => ({
    hosts,
    everyHost,
    ...("flecto" in origin ? { flecto: origin.flecto } : { file: origin.file.path }),
  }));
}

describe("the projects of a configuration", () => {
  it("without `projects` there is one, for every host", () => {
    expect(projects({ from: { flecto: root } })).toMatchObject([{ hosts: [], everyHost: true }]);
  });

  it("an entry takes what it does not say from the root, and no project", () => {
    const given = { from: { flecto: { ...root, every: "7s", header: "X-Token" } } };
    const docs = { hosts: ["docs.example.com"], from: { flecto: { project: "docs", every: "9s" } } };
    const [, entry] = projects({ ...given, projects: [docs] });
    expect(entry).toMatchObject({
      hosts: ["docs.example.com"],
      everyHost: false,
      flecto: { url: "http://manager", namespace: "ns", project: "docs", header: "X-Token", every: 9_000 },
    });
  });

  it("entries without a root have the defaults", () => {
    const [entry] = projects({ projects: [{ hosts: ["a"], from: { flecto: root } }] });
    expect(entry).toMatchObject({ everyHost: false, flecto: { every: 300_000, header: "Authorization" } });
    expect(entry).toHaveProperty("flecto.agent", expect.stringMatching(/^[A-Za-z0-9_-]+$/));
  });

  it("the same Manager, namespace and project are one; where they are named first tells how to ask", () => {
    const found = projects({
      from: { flecto: { ...root, every: "7s" } },
      projects: [
        { hosts: ["a"], from: { flecto: { project: "other", every: "1s" } } },
        { hosts: ["b"], from: { flecto: { project: "main", every: "2s" } } },
        { hosts: ["c"], from: { flecto: { project: "other", every: "3s" } } },
      ],
    });
    expect(found).toMatchObject([
      { hosts: ["b"], everyHost: true, flecto: { project: "main", every: 7_000 } },
      { hosts: ["a", "c"], everyHost: false, flecto: { project: "other", every: 1_000 } },
    ]);
  });

  it("of a host that is given twice, the last project has it", () => {
    const found = projects({
      projects: [
        { hosts: ["a", "b"], from: { flecto: { ...root, project: "one" } } },
        { hosts: ["a"], from: { flecto: { ...root, project: "two" } } },
      ],
    });
    expect(found.map(({ hosts }) => hosts)).toEqual([["b"], ["a"]]);
  });

  it("files are projects too", () => {
    const found = projects({
      from: { file: "a.yaml" },
      projects: [
        { hosts: ["b"], from: { file: "b.tsv" } },
        { hosts: ["c"], from: { file: "a.yaml" } },
      ],
    });
    expect(found).toEqual([
      { hosts: ["c"], everyHost: true, file: "a.yaml" },
      { hosts: ["b"], everyHost: false, file: "b.tsv" },
    ]);
  });

  it("what nobody gives is missing, and is named", () => {
    const parsed = config.safeParse({ projects: [{ hosts: ["a"], from: { flecto: { project: "p" } } }] });
    expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([
      "projects.0.from.flecto.url",
      "projects.0.from.flecto.namespace",
      "projects.0.from.flecto.token",
    ]);
  });
});
