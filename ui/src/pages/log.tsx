import { useEffect, useRef, useState } from "preact/hooks";
import type { LogEntry } from "../api/types.ts";
import { useAsk } from "../live/answer.ts";
import { clock, timeOf } from "../look/format.ts";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { Search } from "../parts/search.tsx";

/** How often new lines are asked for, in milliseconds. */
const PACE = 2_000;
const levels = ["debug", "info", "warn", "error"] as const;

interface LogProps {
  readonly path: string;
  readonly label: string;
  /** Whether lines of several agents stand in it, so that each says whose it is. */
  readonly mixed?: boolean;
}

/** The last lines of a log, newest at the bottom; it follows unless somebody has scrolled up to read. */
export function Log({ path, label, mixed = false }: LogProps) {
  const { answer, refresh } = useAsk<{ lines: LogEntry[] }>(`${path}?lines=200`, PACE);
  const [least, choose] = useState<(typeof levels)[number]>("debug");
  const [word, search] = useState("");
  const frame = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const { data, problem } = answer.value;
  const lines = (data?.lines ?? []).filter((line) => fits(line, levels.indexOf(least), word));
  useEffect(() => {
    if (follows.current) frame.current?.scrollTo(0, frame.current.scrollHeight);
  }, [lines.length, lines.at(-1)?.at]);
  if (!data) return problem ? <Trouble problem={problem} onRetry={refresh} /> : <Loading lines={8} />;
  return (
    <section class="card log-card">
      <div class="log-head">
        <h2>Log</h2>
        <label>
          <span>From level</span>
          <select
            value={least}
            onChange={({ currentTarget }) => choose(currentTarget.value as (typeof levels)[number])}
          >
            {levels.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <Search label="Search the log" word={word} onSearch={search} />
      </div>
      {lines.length === 0 ? (
        <Empty title={data.lines.length === 0 ? "Nothing was logged yet" : "No line fits"} />
      ) : (
        <div
          ref={frame}
          class="log"
          role="log"
          aria-label={label}
          aria-live="off"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keys
          tabIndex={0}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            follows.current = scrollHeight - scrollTop - clientHeight < 30;
          }}
        >
          {lines.map((line, index) => (
            <Line key={index} line={line} mixed={mixed} />
          ))}
        </div>
      )}
    </section>
  );
}

function Line({ line, mixed }: { line: LogEntry; mixed: boolean }) {
  const { at, level, message, agent, kind: _, ...fields } = line;
  const when = timeOf(at);
  return (
    <p class={`log-line is-${level}`}>
      <span class="log-at">{when === undefined ? "" : clock(when)}</span>
      <span class="log-level">{level}</span>
      <span class="log-message">
        {mixed && typeof agent === "string" && <b>{agent} </b>}
        {message}
        {Object.entries(fields).map(([key, value]) => (
          <span key={key} class="log-field">
            {" "}
            {key}=<span>{typeof value === "string" ? value : JSON.stringify(value)}</span>
          </span>
        ))}
      </span>
    </p>
  );
}

function fits(line: LogEntry, least: number, word: string): boolean {
  if (levels.indexOf(line.level as (typeof levels)[number]) < least) return false;
  return word === "" || JSON.stringify(line).toLowerCase().includes(word.toLowerCase());
}
