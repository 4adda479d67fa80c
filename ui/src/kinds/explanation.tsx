import { Icon } from "../look/icons.tsx";
import { Json } from "../parts/json.tsx";

interface Candidate {
  readonly type: string;
  readonly source: string;
  readonly matches: boolean;
}

export interface Explained {
  readonly uri?: string;
  readonly project?: string;
  readonly tried?: readonly { readonly compared: string; readonly candidates: readonly Candidate[] }[];
  readonly answer:
    | string
    | {
        readonly status: number;
        readonly location?: string;
        readonly page?: string;
        readonly rule?: { readonly type: string; readonly source: string; readonly target: string };
      };
}

/** The way from a URL to its answer: what was compared, what was tried, which rule won. */
export function Explanation({ explained: { tried = [], answer, ...rest } }: { explained: Explained }) {
  return (
    <div class="explanation">
      <p class="verdict">
        <Answer answer={answer} />
      </p>
      {tried.map(({ compared, candidates }) => (
        <div key={compared}>
          <p class="dim">
            Compared <code>{compared}</code>
            {candidates.length === 0 && ": no rule comes into question"}
          </p>
          <ol class="tried">
            {candidates.map(({ type, source, matches }, index) => (
              <li key={index} class={matches ? "is-match" : "dim"}>
                <Icon name={matches ? "check" : "close"} size={14} />
                <code>{source}</code> <span class="tag">{type.toLowerCase().replace("_", " ")}</span>{" "}
                {matches ? "matches" : "does not match"}
              </li>
            ))}
          </ol>
        </div>
      ))}
      <details class="more">
        <summary>All of it</summary>
        <Json value={rest} />
      </details>
    </div>
  );
}

function Answer({ answer }: Pick<Explained, "answer">) {
  if (typeof answer === "string") return <b>{answer}</b>;
  const { status, location, page, rule } = answer;
  return (
    <>
      <b>{status}</b>
      {location !== undefined && (
        <>
          {" "}
          to <code>{location}</code>
        </>
      )}
      {page !== undefined && (
        <>
          {" "}
          the page <code>{page}</code>
        </>
      )}
      {rule && (
        <span class="dim">
          {" "}
          because of <code>{rule.source}</code>
        </span>
      )}
    </>
  );
}
