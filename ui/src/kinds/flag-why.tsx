import { useState } from "preact/hooks";
import { type ApiProblem, call } from "../api/client.ts";
import { asProblem } from "../live/answer.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Json } from "../parts/json.tsx";
import { Trouble } from "../parts/say.tsx";

export interface FlagRow {
  readonly environment: string;
  readonly key: string;
  readonly name?: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly archived: boolean;
  readonly variations: readonly string[];
  readonly targeted: number;
  readonly rules: number;
  readonly updated: string;
}

interface Reason {
  readonly error?: string;
  readonly variation?: string;
  readonly value?: unknown;
  readonly decided_by?: string;
  readonly reason?: string;
  readonly [more: string]: unknown;
}

interface FlagWhyProps {
  readonly agent: string;
  readonly flag: FlagRow;
  readonly onClose: () => void;
}

/** What a flag serves to a user, and which rule decided. */
export function FlagWhy({ agent, flag, onClose }: FlagWhyProps) {
  const [user, setUser] = useState("");
  const [properties, setProperties] = useState("");
  const [found, show] = useState<{ reason?: Reason; problem?: ApiProblem }>({});
  const ask = () => {
    const more = properties.trim() === "" ? {} : { properties };
    const input = { flag: flag.key, user, environment: flag.environment, ...more };
    return call<Reason>(agent, "why", input).then(
      (reason) => show({ reason }),
      (error) => show({ problem: asProblem(error) }),
    );
  };
  return (
    <Dialog title={`Why: ${flag.key}`} wide onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <div class="field">
          <label for="why-user">The user's key</label>
          <input
            id="why-user"
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={user}
            onInput={({ currentTarget }) => setUser(currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="why-properties">Properties</label>
          <input
            id="why-properties"
            type="text"
            autocomplete="off"
            spellcheck={false}
            placeholder="country=fr,plan=pro"
            value={properties}
            onInput={({ currentTarget }) => setProperties(currentTarget.value)}
          />
        </div>
        <div role="status">
          {found.problem && <Trouble problem={found.problem} />}
          {found.reason && <Verdict reason={found.reason} />}
        </div>
        <div class="dialog-foot">
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" look="primary" disabled={user.trim() === ""}>
            Why?
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Verdict({ reason: { error, variation, value, reason, decided_by, ...rest } }: { reason: Reason }) {
  if (error !== undefined) return <p class="verdict">{error}</p>;
  return (
    <div class="explanation">
      <p class="verdict">
        <b>{variation}</b> <code>{String(value)}</code>{" "}
        <span class="dim">
          decided by {decided_by}
          {reason !== undefined && reason !== decided_by && ` (${reason})`}
        </span>
      </p>
      <Json value={rest} />
    </div>
  );
}
