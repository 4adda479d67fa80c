import { useState } from "preact/hooks";
import { ask } from "../api/client.ts";
import type { ProcessInfo } from "../api/types.ts";
import { asProblem, useAsk } from "../live/answer.ts";
import { bytes, plural, timeOf } from "../look/format.ts";
import { Since } from "../look/time.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Json } from "../parts/json.tsx";
import { Loading, Trouble } from "../parts/say.tsx";
import { tell } from "../parts/toast.tsx";
import { Log } from "./log.tsx";

/** The process itself: what it is, where its configuration lies, and its log. */
export function ProcessPage() {
  const { answer, refresh } = useAsk<ProcessInfo>("api/process", 3_000);
  const { data, problem } = answer.value;
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Process</h1>
        <Reload onDone={refresh} />
      </div>
      {data ? (
        <About info={data} />
      ) : problem ? (
        <Trouble problem={problem} onRetry={refresh} />
      ) : (
        <Loading lines={4} />
      )}
      <Log path="api/log" label="Log of the process" mixed />
    </>
  );
}

function About({ info }: { info: ProcessInfo }) {
  const started = timeOf(info.started_at);
  return (
    <section class="card">
      <h2>{info.name}</h2>
      {info.needs_restart.length > 0 && (
        <p class="say-inline">
          A change of <b>{info.needs_restart.join(" and ")}</b> counts from the next start of the process.
        </p>
      )}
      <dl class="figures">
        <div>
          <dt>version</dt>
          <dd>{info.version}</dd>
        </div>
        <div>
          <dt>runs for</dt>
          <dd>{started === undefined ? "–" : <Since at={started} />}</dd>
        </div>
        <div>
          <dt>memory</dt>
          <dd>{bytes(info.memory.rss)}</dd>
        </div>
        <div>
          <dt>of a core</dt>
          <dd>{info.cpu_percent.toFixed(1)} %</dd>
        </div>
        <div>
          <dt>process id</dt>
          <dd class="plain">{info.pid}</dd>
        </div>
        <div>
          <dt>Node</dt>
          <dd class="plain">{info.node.replace(/^v/, "")}</dd>
        </div>
      </dl>
      <dl class="terms">
        <div class="term">
          <dt>Configuration</dt>
          <dd>
            {info.config_files.length === 0 ? (
              <span class="dim">the environment alone</span>
            ) : (
              info.config_files.map((file) => <code key={file}>{file}</code>)
            )}
          </dd>
        </div>
        <div class="term">
          <dt>Agents added here</dt>
          <dd>
            <code>{info.managed_dir}</code>
          </dd>
        </div>
        <div class="term">
          <dt>Agents</dt>
          <dd>{info.agents}</dd>
        </div>
        <div class="term">
          <dt>Kinds</dt>
          <dd>{info.kinds.join(", ")}</dd>
        </div>
        <div class="term">
          <dt>Log level</dt>
          <dd>{info.log_level}</dd>
        </div>
      </dl>
    </section>
  );
}

type Reloaded = Readonly<Record<string, readonly unknown[]>>;

function Reload({ onDone }: { onDone: () => Promise<void> }) {
  const [asked, ask_] = useState(false);
  const [busy, setBusy] = useState(false);
  const [result, show] = useState<Reloaded | undefined>();
  const run = async () => {
    setBusy(true);
    try {
      show(await ask<Reloaded>("api/reload", { method: "POST" }));
      await onDone();
    } catch (error) {
      const { message, mistakes } = asProblem(error);
      tell(mistakes.length > 0 ? `${plural(mistakes.length, "mistake")}: ${message}` : message, true);
      ask_(false);
    }
    setBusy(false);
  };
  const close = () => {
    ask_(false);
    show(undefined);
  };
  return (
    <>
      <Button icon="again" onClick={() => ask_(true)}>
        Reload configuration …
      </Button>
      {asked && (
        <Dialog title="Reload the configuration?" onClose={close}>
          {result ? (
            <Json
              value={Object.fromEntries(Object.entries(result).filter(([, names]) => names.length > 0))}
            />
          ) : (
            <p>The files are read again, and only what changed is changed. With a mistake, nothing is.</p>
          )}
          <div class="dialog-foot">
            <Button onClick={close}>{result ? "Close" : "Cancel"}</Button>
            {!result && (
              <Button look="primary" busy={busy} onClick={run}>
                Reload
              </Button>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}
