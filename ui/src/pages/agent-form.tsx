import { useState } from "preact/hooks";
import { type ApiProblem, agentPath, ask } from "../api/client.ts";
import type { KindInfo, Probed } from "../api/types.ts";
import { Field } from "../form/field.tsx";
import { byPath } from "../form/schema.ts";
import { YamlField } from "../form/yaml.tsx";
import { asProblem } from "../live/answer.ts";
import { go } from "../live/route.ts";
import { Button } from "../parts/button.tsx";
import { tell } from "../parts/toast.tsx";
import { Mistakes } from "./mistakes.tsx";
import { NameField, nameMistake } from "./name-field.tsx";
import { ProbeSteps } from "./probe-steps.tsx";

interface AgentFormProps {
  readonly kind: KindInfo;
  readonly begin: Readonly<Record<string, unknown>>;
  /** The name of the agent that is edited; without it, a new one is made. */
  readonly name?: string;
}

type Busy = "test" | "save" | "force" | undefined;

/** An agent's configuration as a form or as text; it is tried before it is accepted. */
export function AgentForm({ kind, begin, name: known }: AgentFormProps) {
  const [name, rename] = useState(known ?? "");
  const [agent, write] = useState<Record<string, unknown>>(begin);
  const [asText, showText] = useState(false);
  const [sound, setSound] = useState(true);
  const [busy, setBusy] = useState<Busy>();
  const [problem, complain] = useState<ApiProblem | undefined>();
  const [probed, show] = useState<Probed | undefined>();
  const [tried, setTried] = useState(false);
  const nameWrong = tried && known === undefined ? nameMistake(name) : undefined;
  const change = (next: unknown) => write({ kind: kind.kind, ...(next as object) });

  const attempt = async (what: Exclude<Busy, undefined>, work: () => Promise<void>) => {
    setTried(true);
    if (known === undefined && nameMistake(name) !== undefined) {
      document.getElementById("agent-name")?.focus();
      return;
    }
    setBusy(what);
    complain(undefined);
    show(undefined);
    try {
      await work();
    } catch (error) {
      const found = asProblem(error);
      complain(found);
      if (found.steps.length > 0) show({ ok: false, steps: found.steps });
    }
    setBusy(undefined);
  };
  const test = () =>
    attempt("test", async () =>
      show(await ask<Probed>("api/probe", { method: "POST", body: { name, agent } })),
    );
  const save = (force: boolean) =>
    attempt(force ? "force" : "save", async () => {
      await ask(`${agentPath(name)}${force ? "?force=true" : ""}`, { method: "PUT", body: agent });
      tell(force ? `${name} accepted without a test that passed` : `${name} is accepted`);
      go("agents", name);
    });

  const mistakes = byPath(problem?.mistakes ?? []);
  return (
    <form
      class="agent-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <p class="dim">{kind.summary}</p>
      {known === undefined && <NameField value={name} mistake={nameWrong} onChange={rename} />}
      <div class="segments" role="radiogroup" aria-label="How to write it">
        {[false, true].map((text) => (
          <label key={String(text)} class="segment">
            <input
              type="radio"
              name="as"
              checked={asText === text}
              disabled={!sound}
              onChange={() => showText(text)}
            />
            <span>{text ? "YAML or JSON" : "Form"}</span>
          </label>
        ))}
      </div>
      <div class="card">
        {asText ? (
          <YamlField value={agent} onChange={change} onSound={setSound} />
        ) : (
          <Field
            schema={kind.config}
            label=""
            path=""
            bare
            value={agent}
            onChange={change}
            mistakes={mistakes}
          />
        )}
      </div>
      <Mistakes problem={problem} />
      {probed && <ProbeSteps probed={probed} />}
      <div class="form-foot">
        <Button onClick={test} busy={busy === "test"} disabled={!sound}>
          Test connection
        </Button>
        <Button type="submit" look="primary" busy={busy === "save"} disabled={!sound}>
          {known === undefined ? "Add agent" : "Save"}
        </Button>
        {problem?.code === "probe_failed" && (
          <Button look="danger" onClick={() => save(true)} busy={busy === "force"}>
            {known === undefined ? "Add it anyway" : "Save it anyway"}
          </Button>
        )}
      </div>
      {problem?.code === "probe_failed" && (
        <p class="hint">
          Anyway: it is accepted although the test failed, and goes on trying by itself until what it needs is
          there.
        </p>
      )}
    </form>
  );
}
