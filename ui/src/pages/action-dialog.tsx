import { useState } from "preact/hooks";
import { type ApiProblem, call } from "../api/client.ts";
import type { ActionInfo } from "../api/types.ts";
import { Field } from "../form/field.tsx";
import { byPath } from "../form/schema.ts";
import { asProblem } from "../live/answer.ts";
import { label } from "../look/format.ts";
import { Prose } from "../look/prose.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Json } from "../parts/json.tsx";
import { Trouble } from "../parts/say.tsx";

interface ActionDialogProps {
  readonly agent: string;
  readonly action: ActionInfo;
  readonly begin?: Readonly<Record<string, unknown>>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Says what an action does, asks for what it needs, and shows what came of it. Nothing happens before the button. */
export function ActionDialog({ agent, action, begin = {}, onDone, onClose }: ActionDialogProps) {
  const [input, write] = useState<unknown>(begin);
  const [busy, setBusy] = useState(false);
  const [problem, complain] = useState<ApiProblem | undefined>();
  const [result, show] = useState<{ value: unknown } | undefined>();
  const run = async () => {
    setBusy(true);
    complain(undefined);
    try {
      show({ value: await call(agent, action.name, input) });
      onDone();
    } catch (error) {
      complain(asProblem(error));
    }
    setBusy(false);
  };
  const fields = Object.keys(action.input.properties ?? {}).length > 0;
  const title = label(action.name);
  return (
    <Dialog title={`${title}: ${agent}`} wide={fields || result !== undefined} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <p>
          <Prose text={action.summary} />
        </p>
        {fields && (
          <Field
            schema={action.input}
            label=""
            path=""
            bare
            value={input}
            onChange={write}
            mistakes={byPath(problem?.mistakes ?? [])}
          />
        )}
        {problem && <Trouble problem={problem} />}
        {result && <Result value={result.value} />}
        <div class="dialog-foot">
          <Button onClick={onClose}>{result ? "Close" : "Cancel"}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {result ? `${title} again` : title}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Result({ value }: { value: unknown }) {
  return (
    <section class="result" aria-label="Result" role="status">
      <h3>Result</h3>
      {typeof value === "string" ? <pre class="code">{value}</pre> : <Json value={value ?? "done"} />}
    </section>
  );
}
