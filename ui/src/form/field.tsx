import type { FunctionComponent } from "preact";
import { DriversField } from "./drivers.tsx";
import { ListField, MapField } from "./list.tsx";
import { ObjectField } from "./object.tsx";
import type { FieldProps, HolderProps } from "./props.ts";
import { ChoiceField, JsonField, NumberField, SecretField, SwitchField, TextField } from "./scalar.tsx";
import { type Widget, widgetOf } from "./schema.ts";
import { VariantsField } from "./variants.tsx";

const widgets: Record<Widget, FunctionComponent<HolderProps>> = {
  drivers: DriversField,
  object: ObjectField,
  map: MapField,
  list: ListField,
  variants: VariantsField,
  choice: ChoiceField,
  switch: SwitchField,
  number: NumberField,
  secret: SecretField,
  text: TextField,
  json: JsonField,
};

/** A field for any JSON Schema, whatever its kind: a sixth one gets its form for nothing. */
export function Field(props: FieldProps) {
  const Widget = widgets[widgetOf(props.schema)];
  return <Widget {...props} Field={Field} />;
}
