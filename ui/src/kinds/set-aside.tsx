import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { asProblem, useAnswer } from "../live/answer.ts";
import { count, plural } from "../look/format.ts";
import { Ago } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { tell } from "../parts/toast.tsx";
import type { Replay } from "./replaying.tsx";

interface Item {
  readonly id: string;
  readonly at: string | number;
  readonly reason: string;
  readonly tries?: number;
  readonly preview: string;
}

interface SetAsideList {
  readonly total: number;
  readonly items: readonly Item[];
}

interface SetAsideProps {
  readonly agent: string;
  readonly what: string;
  readonly replay?: Replay | undefined;
}

/** What could not be delivered, and a way to send it again. */
export function SetAside({ agent, what, replay: { last } = {} }: SetAsideProps) {
  const { answer, refresh } = useAnswer(() => call<SetAsideList>(agent, "set_aside", { limit: 50 }), 3_000, [
    agent,
  ]);
  // While it is sent again it is nowhere; some of it may be back afterwards.
  useEffect(() => void refresh(), [JSON.stringify(last)]);
  const [picked, pick] = useState<ReadonlySet<string>>(new Set());
  const [asked, ask] = useState(false);
  const { data, problem } = answer.value;
  const ids = (data?.items ?? []).map(({ id }) => id).filter((id) => picked.has(id));
  const replay = async () => {
    ask(false);
    try {
      await call(agent, "replay", ids.length > 0 ? { ids } : {});
      tell(`${agent}: sending again`);
      pick(new Set());
      await refresh();
    } catch (error) {
      tell(`${agent}: ${asProblem(error).message}`, true);
    }
  };
  return (
    <section class="card">
      <div class="card-head">
        <h2>Set aside {data && data.total > 0 && <span class="tag is-bad">{count(data.total)}</span>}</h2>
        {data && data.total > 0 && (
          <Button icon="again" onClick={() => ask(true)}>
            {ids.length > 0 ? `Replay ${ids.length} …` : "Replay all …"}
          </Button>
        )}
      </div>
      {!data && (problem ? <Trouble problem={problem} onRetry={refresh} /> : <Loading />)}
      {data && data.total === 0 && <Empty title={`No ${what} was set aside`} />}
      {data && data.total > 0 && (
        <Items data={data} picked={picked} onPick={(id, on) => pick(toggled(picked, id, on))} />
      )}
      {asked && (
        <Dialog title="Send again?" onClose={() => ask(false)}>
          <p>
            {ids.length > 0 ? plural(ids.length, what) : `All ${plural(data?.total ?? 0, what)}`} will be sent
            again. What fails once more is set aside once more.
          </p>
          <div class="dialog-foot">
            <Button onClick={() => ask(false)}>Cancel</Button>
            <Button look="primary" onClick={replay}>
              Replay
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

interface ItemsProps {
  readonly data: SetAsideList;
  readonly picked: ReadonlySet<string>;
  readonly onPick: (id: string, on: boolean) => void;
}

function Items({ data: { items, total }, picked, onPick }: ItemsProps) {
  return (
    <>
      <ul class="aside-list">
        {items.map(({ id, at, reason, tries, preview }, index) => (
          <li key={`${id} ${index}`}>
            <label class="pick">
              <input
                type="checkbox"
                checked={picked.has(id)}
                onChange={({ currentTarget }) => onPick(id, currentTarget.checked)}
              />
              <span class="only-readers">Pick {preview.slice(0, 60)}</span>
            </label>
            <div class="aside-what">
              <p>{reason}</p>
              <details>
                <summary>
                  <code>{preview.slice(0, 120)}</code>
                </summary>
                <pre class="code">{preview}</pre>
              </details>
            </div>
            <p class="dim aside-when">
              <Ago at={at} />
              {tries !== undefined && `, ${plural(tries, "try", "tries")}`}
            </p>
          </li>
        ))}
      </ul>
      {total > items.length && (
        <p class="dim">
          The newest {count(items.length)} of {count(total)} are shown.
        </p>
      )}
    </>
  );
}

function toggled(set: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}
