import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Group } from "./object.tsx";
import { type HolderProps, join } from "./props.ts";
import { beginning, itemOf } from "./schema.ts";
import { isRecord, withItem, withKey } from "./value.ts";

/** Several of the same, one after the other. */
export function ListField(props: HolderProps) {
  const { schema, path, value, label, mistakes, onChange, Field } = props;
  const items = Array.isArray(value) ? value : [];
  const item = itemOf(schema);
  return (
    <Group {...props}>
      {items.map((each, index) => (
        <Field
          key={index}
          schema={item}
          label={`${label} ${index + 1}`}
          path={join(path, index)}
          value={each}
          mistakes={mistakes}
          onChange={(next) => onChange(items.with(index, next ?? ""))}
          onRemove={() => onChange(withItem(items, index, undefined))}
        />
      ))}
      <div>
        <Button
          icon="plus"
          name={`${items.length > 0 ? "Add another" : "Add one"} to ${label}`}
          onClick={() => onChange([...items, beginning(item) ?? ""])}
        >
          {items.length > 0 ? "Add another" : "Add one"}
        </Button>
      </div>
    </Group>
  );
}

/** Values under names that one makes up. */
export function MapField(props: HolderProps) {
  const { schema, path, value, label, mistakes, onChange, Field } = props;
  const entries = Object.entries(isRecord(value) ? value : {});
  const [name, rename] = useState("");
  const inner = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  const add = () => {
    if (name === "") return;
    onChange(withKey(value, name, beginning(inner) ?? ""));
    rename("");
  };
  return (
    <Group {...props}>
      {entries.map(([key, each]) => (
        <Field
          key={key}
          schema={inner}
          label={key}
          path={join(path, key)}
          value={each}
          mistakes={mistakes}
          onChange={(next) => onChange(withKey(value, key, next ?? ""))}
          onRemove={() => onChange(withKey(value, key, undefined))}
        />
      ))}
      <div class="with-button">
        <input
          type="text"
          aria-label={`Name of a new entry of ${label}`}
          placeholder="name"
          value={name}
          onInput={({ currentTarget }) => rename(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button icon="plus" onClick={add} disabled={name === ""}>
          Add
        </Button>
      </div>
    </Group>
  );
}
