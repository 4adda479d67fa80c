import { useEffect, useRef, useState } from "preact/hooks";
import { Loading } from "../parts/say.tsx";
import { isRecord } from "./value.ts";

type Yaml = typeof import("yaml");

interface YamlProps {
  readonly value: Record<string, unknown>;
  readonly onChange: (value: Record<string, unknown>) => void;
  /** Told whether the text can be read. */
  readonly onSound: (sound: boolean) => void;
}

/** The same as text: YAML, and so JSON as well. The library comes only to those who want it. */
export function YamlField({ value, onChange, onSound }: YamlProps) {
  const [yaml, load] = useState<Yaml>();
  const [text, write] = useState("");
  const [mistake, complain] = useState("");
  const begun = useRef(false);
  useEffect(() => void import("yaml").then((found) => load(found)), []);
  useEffect(() => {
    if (!yaml || begun.current) return;
    begun.current = true;
    write(yaml.stringify(value, { lineWidth: 100 }));
  }, [yaml]);
  if (!yaml) return <Loading what="Loading the editor" />;
  const read = (next: string) => {
    write(next);
    const found = readYaml(yaml, next);
    complain(typeof found === "string" ? found : "");
    onSound(typeof found !== "string");
    if (typeof found !== "string") onChange(found);
  };
  return (
    <div class={mistake === "" ? "field" : "field is-wrong"}>
      <label for="as-text">As in outrider.yaml, below the agent's name; JSON is fine, too</label>
      <textarea
        id="as-text"
        class="code"
        rows={Math.max(14, text.split("\n").length + 1)}
        spellcheck={false}
        aria-describedby="as-text-mistake"
        aria-invalid={mistake !== ""}
        value={text}
        onInput={({ currentTarget }) => read(currentTarget.value)}
      />
      <p class="mistake" id="as-text-mistake" role="status">
        {mistake}
      </p>
    </div>
  );
}

/** @returns what is wrong with it as a text */
function readYaml(yaml: Yaml, text: string): Record<string, unknown> | string {
  const document = yaml.parseDocument(text);
  const [error] = document.errors;
  if (error) return error.message;
  const found: unknown = document.toJS();
  return isRecord(found) ? found : "write settings, such as `listen: 127.0.0.1:8080`";
}
