import { agentPath } from "../api/client.ts";
import type { AgentDetail, KindInfo } from "../api/types.ts";
import { useAsk } from "../live/answer.ts";
import { to } from "../live/route.ts";
import { Icon } from "../look/icons.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";
import { AgentForm } from "./agent-form.tsx";

interface Kinds {
  readonly kinds: readonly KindInfo[];
}

/** First which kind, then its form. */
export function AddPage({ kind }: { kind: string | undefined }) {
  const { answer, refresh } = useAsk<Kinds>("api/kinds");
  const { data, problem } = answer.value;
  const chosen = data?.kinds.find((each) => each.kind === kind);
  return (
    <>
      <a class="back" href={kind === undefined ? "#/" : "#/add"}>
        <Icon name="back" /> {kind === undefined ? "Agents" : "Another kind"}
      </a>
      <h1 tabIndex={-1}>{kind === undefined ? "Add an agent" : `Add: ${kind}`}</h1>
      {!data && (problem ? <Trouble problem={problem} onRetry={refresh} /> : <Loading lines={5} />)}
      {data && kind === undefined && <KindChoice kinds={data.kinds} />}
      {data && kind !== undefined && !chosen && <Empty title={`There is no kind "${kind}"`} />}
      {chosen && <AgentForm kind={chosen} begin={{ kind: chosen.kind, ...chosen.example }} />}
    </>
  );
}

function KindChoice({ kinds }: Kinds) {
  return (
    <>
      <p class="dim">What shall it do?</p>
      <ul class="kind-choice">
        {kinds.map(({ kind, summary }) => (
          <li key={kind}>
            <a class="card" href={to("add", kind)}>
              <b>{kind}</b>
              <span class="dim">{summary}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

export function EditPage({ name }: { name: string }) {
  const kinds = useAsk<Kinds>("api/kinds");
  const agent = useAsk<AgentDetail>(agentPath(name));
  const { data: known } = kinds.answer.value;
  const { data: detail } = agent.answer.value;
  const problem = kinds.answer.value.problem ?? agent.answer.value.problem;
  const kind = known?.kinds.find((each) => each.kind === detail?.kind);
  return (
    <>
      <a class="back" href={to("agents", name)}>
        <Icon name="back" /> {name}
      </a>
      <h1 tabIndex={-1}>Edit {name}</h1>
      {problem && <Trouble problem={problem} />}
      {!problem && !(detail && kind) && <Loading lines={5} />}
      {detail && kind && <Editable detail={detail} kind={kind} />}
    </>
  );
}

function Editable({ detail, kind }: { detail: AgentDetail; kind: KindInfo }) {
  const { owner, given, name } = detail;
  if (owner && !owner.managed) {
    return (
      <Empty title="This agent belongs to a file">
        <p>
          It is written in <code>{owner.at}</code>. Change it there and reload: the page never writes into
          your own files.
        </p>
      </Empty>
    );
  }
  return <AgentForm kind={kind} name={name} begin={{ kind: kind.kind, ...given }} />;
}
