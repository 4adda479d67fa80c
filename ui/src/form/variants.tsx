import { useState } from "preact/hooks";
import { type HolderProps, idOf } from "./props.ts";
import { beginning, variantFor, variantName, variantsOf } from "./schema.ts";

/** One value that may be written in several ways. */
export function VariantsField(props: HolderProps) {
  const { schema, path, label, value, onChange, Field } = props;
  const variants = variantsOf(schema) ?? [];
  const [picked, pick] = useState<number | undefined>(undefined);
  // What was picked counts until something is written; then what is written says which way it is.
  const at = value === undefined && picked !== undefined ? picked : variantFor(variants, value);
  const chosen = variants[at] ?? {};
  const described = {
    ...chosen,
    ...(schema.description !== undefined && { description: schema.description }),
    ...(chosen.default === undefined && schema.default !== undefined && { default: schema.default }),
  };
  return (
    <div class={props.bare ? "variants is-bare" : "variants"}>
      <Field {...props} key={at} schema={described} />
      <label class="variant-choice">
        <span class="only-readers">How {label} is written: </span>
        <select
          id={`${idOf(path)}-as`}
          value={at}
          onChange={({ currentTarget }) => {
            const next = Number(currentTarget.value);
            pick(next);
            onChange(beginning(variants[next]!));
          }}
        >
          {variants.map((each, index) => (
            <option key={variantName(each)} value={index}>
              {variantName(each)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
