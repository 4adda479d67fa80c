import { useRef } from "preact/hooks";
import { label as labelOf } from "../look/format.ts";
import { Group } from "./object.tsx";
import { type HolderProps, idOf, join } from "./props.ts";
import { beginning } from "./schema.ts";
import { isRecord } from "./value.ts";

/** Exactly one of several: which one is chosen first, and then its settings. */
export function DriversField(props: HolderProps) {
  const { schema, path, value, mistakes, onChange, Field } = props;
  const drivers = Object.entries(schema.properties ?? {});
  const chosen = isRecord(value) ? drivers.find(([name]) => value[name] !== undefined) : undefined;
  // Who looks at another driver and comes back finds what was written.
  const written = useRef<Record<string, unknown>>({});
  const choose = (name: string) => {
    if (chosen && isRecord(value)) written.current[chosen[0]] = value[chosen[0]];
    onChange({ [name]: written.current[name] ?? beginning(schema.properties![name]!) ?? "" });
  };
  return (
    <Group {...props}>
      <div class="segments" role="radiogroup" aria-label={`${props.label}: which`}>
        {drivers.map(([name]) => (
          <label key={name} class="segment">
            <input
              type="radio"
              name={idOf(path)}
              checked={chosen?.[0] === name}
              onChange={() => choose(name)}
            />
            <span>{labelOf(name)}</span>
          </label>
        ))}
      </div>
      {chosen && isRecord(value) && (
        <Field
          key={chosen[0]}
          schema={chosen[1]}
          label={labelOf(chosen[0])}
          path={join(path, chosen[0])}
          value={value[chosen[0]]}
          required
          bare
          mistakes={mistakes}
          onChange={(next) => onChange({ [chosen[0]]: next ?? "" })}
        />
      )}
    </Group>
  );
}
