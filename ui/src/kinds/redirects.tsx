import { useState } from "preact/hooks";
import { type ApiProblem, call } from "../api/client.ts";
import { asProblem, useAnswer } from "../live/answer.ts";
import { count, plural } from "../look/format.ts";
import { Ago } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { Trouble } from "../parts/say.tsx";
import { Table } from "../parts/table.tsx";
import { type Explained, Explanation } from "./explanation.tsx";
import { type PanelProps, told } from "./panel.ts";
import { Searched } from "./searched.tsx";

interface Inspected {
  readonly decisions?: Readonly<Record<string, number>>;
  readonly projects?: readonly {
    readonly origin: string;
    readonly version?: string | number;
    readonly checked_at?: string;
    readonly rules: number;
    readonly pages: number;
    readonly bad_rules: readonly unknown[];
  }[];
}

interface Rule {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly code: number;
  readonly hits: number;
  readonly last?: string;
}

/** Rules, how often each was used, and why a URL is answered as it is. */
export function RedirectsPanel(props: PanelProps) {
  const { decisions = {}, projects = [] } = told<Inspected>(props);
  return (
    <>
      <section class="card">
        <h2>Decisions</h2>
        <dl class="figures">
          {Object.entries(decisions).map(([what, times]) => (
            <div key={what}>
              <dt>{what === "none" ? "no match" : what}</dt>
              <dd>{count(times)}</dd>
            </div>
          ))}
        </dl>
        {projects.map(({ origin, version, checked_at, rules, pages, bad_rules }) => (
          <p key={origin} class="dim">
            {plural(rules, "rule")} and {plural(pages, "page")} from <code>{origin}</code>
            {version !== undefined && (
              <>
                , version <code>{version}</code>
              </>
            )}
            , looked at <Ago at={checked_at} />
            {bad_rules.length > 0 && `; ${plural(bad_rules.length, "rule")} left out: they do not compile`}
          </p>
        ))}
      </section>
      <Explain agent={props.status.name} />
      <RuleList agent={props.status.name} />
      <Misses agent={props.status.name} />
    </>
  );
}

function Explain({ agent }: { agent: string }) {
  const [url, type] = useState("");
  const [found, show] = useState<{ explained?: Explained; problem?: ApiProblem }>({});
  const ask = () =>
    call<Explained>(agent, "explain", { url }).then(
      (explained) => show({ explained }),
      (error) => show({ problem: asProblem(error) }),
    );
  return (
    <section class="card">
      <h2>Explain a URL</h2>
      <form
        class="with-button"
        onSubmit={(event) => {
          event.preventDefault();
          if (url !== "") void ask();
        }}
      >
        <input
          type="text"
          aria-label="URL or path to explain"
          placeholder="https://example.com/old or /old"
          spellcheck={false}
          autocapitalize="off"
          value={url}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
        <Button type="submit" look="primary">
          Explain
        </Button>
      </form>
      <div role="status">
        {found.problem && <Trouble problem={found.problem} />}
        {found.explained && <Explanation explained={found.explained} />}
      </div>
    </section>
  );
}

function RuleList({ agent }: { agent: string }) {
  return (
    <Searched<"rules", Rule>
      agent={agent}
      name="rules"
      title="Rules, most used first"
      one="rule"
      rowKey={({ type, source }, index) => `${type} ${source} ${index}`}
      columns={[
        { title: "Matches", wide: true, cell: ({ source }) => <code>{source}</code> },
        { title: "Leads to", wide: true, cell: ({ target }) => <code>{target || "–"}</code> },
        {
          title: "Type",
          cell: ({ type }) => <span class="tag">{type.toLowerCase().replace("_", " ")}</span>,
        },
        { title: "Status", number: true, cell: ({ code }) => code },
        { title: "Hits", number: true, cell: ({ hits }) => count(hits) },
        { title: "Last", cell: ({ last }) => <Ago at={last} /> },
      ]}
    />
  );
}

function Misses({ agent }: { agent: string }) {
  const { answer } = useAnswer(
    () => call<{ total: number; urls: { url: string; count: number }[] }>(agent, "misses", { most: 10 }),
    10_000,
    [agent],
  );
  const { data } = answer.value;
  if (!data || data.urls.length === 0) return null;
  return (
    <section class="card">
      <h2>What matched nothing</h2>
      <Table
        caption="URLs that matched nothing, most frequent first"
        rows={data.urls}
        rowKey={({ url }) => url}
        columns={[
          { title: "URL", wide: true, cell: ({ url }) => <code>{url}</code> },
          { title: "Times", number: true, cell: ({ count: times }) => count(times) },
        ]}
      />
    </section>
  );
}
