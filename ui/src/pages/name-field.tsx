interface NameFieldProps {
  readonly value: string;
  readonly mistake: string | undefined;
  readonly onChange: (name: string) => void;
}

export function nameMistake(name: string): string | undefined {
  if (name === "") return "give it a name";
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)
    ? undefined
    : "write up to 63 letters, digits, dots, dashes and underscores";
}

export function NameField({ value, mistake, onChange }: NameFieldProps) {
  return (
    <div class={mistake ? "field is-wrong" : "field"}>
      <label for="agent-name">
        Name<span class="needed"> (needed)</span>
      </label>
      <input
        id="agent-name"
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder="orders"
        aria-invalid={mistake !== undefined}
        aria-describedby="agent-name-hint"
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {mistake && <p class="mistake">{mistake}</p>}
      <p class="hint" id="agent-name-hint">
        Under this name it stands in this list, in the log and in the metrics.
      </p>
    </div>
  );
}
