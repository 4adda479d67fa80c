import { count } from "../look/format.ts";

/** Numbers side by side, each with its name. */
export function Figures({ figures }: { figures: readonly (readonly [string, number | undefined])[] }) {
  return (
    <dl class="figures">
      {figures
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count(value!)}</dd>
          </div>
        ))}
    </dl>
  );
}
