import { useRef } from "preact/hooks";
import type { Schema } from "../api/types.ts";
import { label as labelOf, plural } from "../look/format.ts";
import { Prose } from "../look/prose.tsx";
import { Button } from "../parts/button.tsx";
import { type HolderProps, idOf, isWrong, join } from "./props.ts";
import { beginning, widgetOf } from "./schema.ts";
import { isRecord, withKey } from "./value.ts";

/** Settings side by side: what is needed or given first, the rest on demand. */
export function ObjectField(props: HolderProps) {
  const { schema, value, mistakes, path, Field } = props;
  const given = isRecord(value) ? value : {};
  const needed = new Set(schema.required ?? []);
  const all = Object.entries(schema.properties ?? {}).filter(([key]) => !(path === "" && key === "kind"));
  // A field stays where it was while somebody writes into it.
  const first = useRef(new Set(Object.keys(given))).current;
  const isMain = (key: string, inner: Schema) =>
    needed.has(key) || (isHolder(inner) ? given[key] !== undefined : first.has(key));
  const main = all.filter(([key, inner]) => isMain(key, inner));
  const more = all.filter(([key, inner]) => !isMain(key, inner));
  const wrong = more.some(([key]) => isWrong(mistakes, join(path, key)));
  const set = (key: string, next: unknown) => props.onChange(withKey(value, key, next));
  return (
    <Group {...props}>
      {main.map(([key, inner]) => (
        <Field
          key={key}
          schema={inner}
          label={labelOf(key)}
          path={join(path, key)}
          value={given[key]}
          required={needed.has(key)}
          mistakes={mistakes}
          onChange={(next) => set(key, next)}
          onRemove={needed.has(key) || !isHolder(inner) ? undefined : () => set(key, undefined)}
        />
      ))}
      {more.length > 0 && (
        <details class="more" open={wrong || (main.length === 0 && path === "")}>
          <summary>{plural(more.length, "more setting")}</summary>
          {more.map(([key, inner]) =>
            isHolder(inner) ? (
              <Offer key={key} schema={inner} name={key} onAdd={() => set(key, beginning(inner) ?? {})} />
            ) : (
              <Field
                key={key}
                schema={inner}
                label={labelOf(key)}
                path={join(path, key)}
                value={given[key]}
                mistakes={mistakes}
                onChange={(next) => set(key, next)}
              />
            ),
          )}
        </details>
      )}
    </Group>
  );
}

/** Something with fields of its own that is not there yet. */
function Offer({ schema, name, onAdd }: { schema: Schema; name: string; onAdd: () => void }) {
  return (
    <div class="offer">
      <div>
        <p class="offer-name">{labelOf(name)}</p>
        {schema.description && (
          <p class="hint">
            <Prose text={schema.description} />
          </p>
        )}
      </div>
      <Button icon="plus" onClick={onAdd} name={`Add ${labelOf(name)}`}>
        Add
      </Button>
    </div>
  );
}

function isHolder(schema: Schema): boolean {
  return ["object", "drivers", "map", "list"].includes(widgetOf(schema));
}

/** The frame around fields that belong together; the outermost has none. */
export function Group(props: HolderProps & { children: preact.ComponentChildren }) {
  const { schema, label, path, mistakes, onRemove, required, children } = props;
  const mistake = mistakes.get(path);
  if (props.bare) {
    return (
      <div class="fields bare" id={idOf(path)} tabIndex={-1}>
        {schema.description && (
          <p class="hint">
            <Prose text={schema.description} />
          </p>
        )}
        {mistake && <p class="mistake">{mistake}</p>}
        {children}
      </div>
    );
  }
  return (
    <fieldset class={mistake ? "group is-wrong" : "group"} id={idOf(path)} tabIndex={-1}>
      <legend>
        {label}
        {required && <span class="needed"> (needed)</span>}
      </legend>
      {onRemove && <Button icon="close" look="quiet" name={`Remove ${label}`} onClick={onRemove} />}
      {schema.description && (
        <p class="hint">
          <Prose text={schema.description} />
        </p>
      )}
      {mistake && <p class="mistake">{mistake}</p>}
      <div class="fields">{children}</div>
    </fieldset>
  );
}
