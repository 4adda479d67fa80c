import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Prose } from "../look/prose.tsx";
import { Button } from "../parts/button.tsx";
import { type FieldProps, idOf } from "./props.ts";
import { choicesOf, hintOf } from "./schema.ts";

/** Label, input, hint and mistake of one plain value. */
function Frame(props: FieldProps & { children: ComponentChildren; hint?: string | undefined }) {
  const { schema, label, path, required, mistakes, children, hint, onRemove } = props;
  const id = idOf(path);
  const mistake = mistakes.get(path);
  return (
    <div class={mistake ? "field is-wrong" : "field"}>
      <div class="field-head">
        <label for={id}>
          {label}
          {required && <span class="needed"> (needed)</span>}
        </label>
        {onRemove && <Button icon="close" look="quiet" name={`Remove ${label}`} onClick={onRemove} />}
      </div>
      {children}
      {mistake && (
        <p class="mistake" id={`${id}-mistake`}>
          {mistake}
        </p>
      )}
      <p class="hint" id={`${id}-hint`}>
        <Prose text={[schema.description, hint].filter((text) => text !== undefined).join(" ")} />
      </p>
    </div>
  );
}

function described({ path, mistakes }: FieldProps) {
  const id = idOf(path);
  const wrong = mistakes.has(path);
  return {
    id,
    "aria-invalid": wrong,
    "aria-describedby": wrong ? `${id}-mistake ${id}-hint` : `${id}-hint`,
  };
}

function usual({ default: value }: FieldProps["schema"]): string {
  return value === undefined || typeof value === "object" ? "" : String(value);
}

export function TextField(props: FieldProps) {
  const { schema, value, onChange } = props;
  return (
    <Frame {...props} hint={hintOf(schema)}>
      <input
        {...described(props)}
        type="text"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        placeholder={usual(schema)}
        value={value === undefined ? "" : String(value)}
        onInput={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : text)}
      />
    </Frame>
  );
}

export function NumberField(props: FieldProps) {
  const { schema, value, onChange } = props;
  return (
    <Frame {...props} hint={hintOf(schema)}>
      <input
        {...described(props)}
        type="number"
        step={schema.type === "integer" ? 1 : "any"}
        placeholder={usual(schema)}
        value={typeof value === "number" ? value : ""}
        onInput={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : Number(text))}
      />
    </Frame>
  );
}

const KEPT = "***";

/** A secret is never shown, not even to change it: left alone, it stays what it was. */
export function SecretField(props: FieldProps) {
  const { value, onChange } = props;
  const had = useRef(value === KEPT).current;
  const [seen, see] = useState(false);
  return (
    <Frame {...props} hint={had ? "Leave it empty to keep what it is." : undefined}>
      <div class="with-button">
        <input
          {...described(props)}
          {...(seen ? { type: "text" } : { type: "password" })}
          autocomplete="new-password"
          spellcheck={false}
          placeholder={had ? "unchanged" : ""}
          value={value === KEPT || value === undefined ? "" : String(value)}
          onInput={({ currentTarget: { value: text } }) =>
            onChange(text === "" ? (had ? KEPT : undefined) : text)
          }
        />
        <Button onClick={() => see(!seen)}>{seen ? "Hide" : "Show"}</Button>
      </div>
    </Frame>
  );
}

export function ChoiceField(props: FieldProps) {
  const { schema, value, onChange, required } = props;
  const choices = choicesOf(schema) ?? [];
  const at = choices.indexOf(value);
  const rest = schema.default === undefined ? "not set" : `${String(schema.default)} (default)`;
  return (
    <Frame {...props}>
      <select
        {...described(props)}
        value={at}
        onChange={({ currentTarget: { value: index } }) => onChange(choices[Number(index)])}
      >
        {(!required || at < 0) && <option value={-1}>{rest}</option>}
        {choices.map((choice, index) => (
          <option key={String(choice)} value={index}>
            {choice === true ? "yes" : choice === false ? "no" : String(choice)}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export function SwitchField(props: FieldProps) {
  const { schema, label, path, value, onChange, mistakes, onRemove } = props;
  const on = typeof value === "boolean" ? value : schema.default === true;
  return (
    <div class={mistakes.has(path) ? "field is-wrong" : "field"}>
      <div class="field-head">
        <label class="switch">
          <input
            {...described(props)}
            type="checkbox"
            checked={on}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked === (schema.default ?? undefined) ? undefined : checked)
            }
          />
          <span>{label}</span>
        </label>
        {onRemove && <Button icon="close" look="quiet" name={`Remove ${label}`} onClick={onRemove} />}
      </div>
      {mistakes.has(path) && <p class="mistake">{mistakes.get(path)}</p>}
      <p class="hint" id={`${idOf(path)}-hint`}>
        <Prose text={schema.description ?? ""} />
      </p>
    </div>
  );
}

/** What has no form of its own is written as JSON; plain text counts as a text. */
export function JsonField(props: FieldProps) {
  const { value, onChange } = props;
  const [text, write] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  return (
    <Frame {...props} hint="Write JSON.">
      <textarea
        {...described(props)}
        rows={3}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget: { value: next } }) => {
          write(next);
          onChange(parsed(next));
        }}
      />
    </Frame>
  );
}

function parsed(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
