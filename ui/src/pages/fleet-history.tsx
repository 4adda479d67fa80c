import { isRecord } from "../form/value.ts";
import { useAsk } from "../live/answer.ts";
import { Clock } from "../look/time.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty, Loading, Trouble } from "../parts/say.tsx";

interface Entry {
  readonly at: number | string;
  readonly event: string;
  readonly [more: string]: unknown;
}

/** What has happened to a process, newest first. */
export function FleetHistory({ name, onClose }: { name: string; onClose: () => void }) {
  const { answer } = useAsk<{ entries: Entry[] }>(`api/fleet/${encodeURIComponent(name)}/history`);
  const { data, problem } = answer.value;
  return (
    <Dialog title={`History of ${name}`} wide onClose={onClose}>
      {!data && (problem ? <Trouble problem={problem} /> : <Loading />)}
      {data && data.entries.length === 0 && <Empty title="Nothing has changed yet" />}
      <ol class="history">
        {data?.entries.toReversed().map(({ at, event, ...more }, index) => (
          <li key={index}>
            <span class="dim">
              <Clock at={at} />
            </span>
            <b>{event}</b>
            <span>{detailsOf(more)}</span>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

/** `standing ready, was degraded, agents a: ready`. */
function detailsOf(more: Readonly<Record<string, unknown>>): string {
  return Object.entries(more)
    .map(([key, value]) => `${key} ${isRecord(value) ? pairs(value) : String(value)}`)
    .join(", ");
}

function pairs(record: Record<string, unknown>): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(", ");
}
