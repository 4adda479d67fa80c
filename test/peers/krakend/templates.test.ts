import { describe, expect, it } from "vitest";
import { krakend } from "../../../src/agents/queue/adapt/index.ts";
import { ConfigProblem } from "../../../src/core/problems.ts";

/** A folder of files in memory. */
function filled(text: string, folder: Readonly<Record<string, string>> = {}, more: object = {}): string {
  const env = {
    FC_ENABLE: "1",
    FC_SETTINGS: "settings",
    FC_PARTIALS: "partials",
    FC_TEMPLATES: "templates",
    HOME: "/home/me",
    ...more,
  };
  const read = (path: string) => {
    const found = folder[path];
    if (found === undefined) throw new ConfigProblem("config_unreadable", `cannot read ${path}`);
    return found;
  };
  const list = (name: string) =>
    Object.keys(folder).flatMap((path) => (path.startsWith(`${name}/`) ? [path.slice(name.length + 1)] : []));
  return krakend.render!(text, "krakend.json", env, { read, list });
}

const settings = JSON.stringify({
  hosts: ["a", "b"],
  by: { z: 1, a: { port: 8080 } },
  big: 1e6,
  half: 0.5,
  on: true,
  none: [],
  nil: null,
  text: "x<y",
});

describe("flexible configuration", () => {
  it.each<[string, string]>([
    ["plain", "plain"],
    ["{{ .s.text }}", "x<y"],
    ["{{.s.by.a.port}} {{.s.big}} {{.s.half}} {{.s.on}}", "8080 1e+06 0.5 true"],
    [
      "{{.s.nowhere}} {{.s.nil}} {{.s.hosts}} {{.s.by}}",
      "<no value> <no value> [a b] map[a:map[port:8080] z:1]",
    ],
    ['{{ "{{.Resp0_id}}" }} {{`{{.Resp0_x}}`}}', "{{.Resp0_id}} {{.Resp0_x}}"],
    ["a {{- 1 -}} b", "a1b"],
    ["a {{/* no */}} b {{- /* nor\nthis */ -}} c", "a  bc"],
    ["{{ if .s.on }}yes{{ else }}no{{ end }}", "yes"],
    ["{{ if .s.none }}1{{ else if eq .s.half 0.5 }}2{{ else }}3{{ end }}", "2"],
    ["{{ if and .s.on (not .s.none) }}x{{ end }}{{ if or .s.none .s.nil }}y{{ end }}", "x"],
    ["{{ if and .s.nil .s.nil.deep }}x{{ end }}", ""],
    ["{{ range $i, $h := .s.hosts }}{{ if $i }},{{ end }}{{ $i }}={{ $h }}{{ end }}", "0=a,1=b"],
    ["{{ range $k, $v := .s.by }}{{ $k }};{{ end }}", "a;z;"],
    ["{{ range .s.none }}x{{ else }}empty{{ end }}", "empty"],
    ['{{ range .s.hosts }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}', "a"],
    ['{{ range .s.hosts }}{{ if eq . "a" }}{{ continue }}{{ end }}{{ . }}{{ end }}', "b"],
    ["{{ with .s.by.a }}{{ .port }} {{ $.s.text }}{{ end }}", "8080 x<y"],
    ["{{ with .s.nil }}x{{ else }}y{{ end }}", "y"],
    ["{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ end }}{{ $x }}", "2"],
    ['{{ define "T" }}<{{ . }}>{{ end }}{{ template "T" .s.half }}', "<0.5>"],
    ['{{ template "in.tmpl" .s.by.a }}', "port 8080"],
    ['{{ include "raw.txt" }}', "{{ raw }}"],
    ["{{ marshal .s.by }} {{ marshal .s.text }}", '{"a":{"port":8080},"z":1} "x\\u003cy"'],
    ["{{ .s.hosts | toJson }} {{ .s.hosts | len }} {{ index .s.hosts 1 }}", '["a","b"] 2 b'],
    ['{{ (index .s.by "a").port }}', "8080"],
    ['{{ printf "%s-%03d-%v-%q-%.2f%%" "a" 7 .s.on "q" .s.half }}', 'a-007-true-"q"-0.50%'],
    ["{{ add 1 2 }} {{ sub 1 2 }} {{ mul 2 3 }} {{ div 7 2 }} {{ mod 7 2 }} {{ max 1 3 2 }}", "3 -1 6 3 1 3"],
    ['{{ lt 1 2 }} {{ ge 1 2 }} {{ ne "a" "b" }} {{ eq 3 1 2 3 }}', "true false true true"],
    ['{{ env "HOME" }} {{ env "NONE" | default "d" }} {{ ternary "a" "b" true }}', "/home/me d a"],
    ['{{ list 1 "b" | join "," }} {{ dict "k" 1 | toJson }} {{ "x" | quote | upper }}', '1,b {"k":1} "X"'],
    ['{{ "a b" | replace " " "-" }} {{ trimSuffix "/" "u/" }} {{ contains "a" "cat" }}', "a-b u true"],
    ['{{ range until 3 }}{{ . }}{{ end }} {{ splitList "," "a,b" | last }}', "012 b"],
    ['{{ $d := dict }}{{ $_ := set $d "a" 1 }}{{ hasKey $d "a" }} {{ keys $d }}', "true [a]"],
  ])("%s", (template, expected) => {
    const folder = {
      "settings/s.json": settings,
      "settings/readme.md": "no settings",
      "partials/raw.txt": "{{ raw }}",
      "templates/in.tmpl": "port {{ .port }}",
    };
    expect(filled(template, folder)).toBe(expected);
  });

  it.each<[string, string]>([
    ["a\n{{ nothing }}", "krakend.json:2: the function `nothing` is not known here"],
    ["{{ if true }}", "krakend.json:1: `if` has no end"],
    ["\n\n{{ end }}", "krakend.json:3: there is nothing to end"],
    ["{{ .a", "krakend.json:1: an action is not closed"],
    ["{{ .a.b.c }}", 'krakend.json:1: there is no field "c" in <nil>'],
    ["{{ $x }}", "krakend.json:1: there is no variable $x"],
    ['{{ template "x" }}', 'krakend.json:1: there is no template "x"'],
    ['{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}', "calls itself for ever"],
    ['{{ include "none" }}', "include: cannot read partials/none"],
    ['{{ fail "no" }}', "krakend.json:1: fail: no"],
    ["{{ div 1 0 }}", "division by zero"],
    ["{{ 1 2 }}", "only functions take arguments"],
    ["{{ (1 }}", "a bracket is not closed"],
    ["{{ }}", "a value is missing"],
    ["{{ upper 5 }}", "krakend.json:1: upper: cannot use what it is given"],
    ['{{ $x := "s3cret" }}{{ $x.y }}', 'krakend.json:1: there is no field "y" in a text'],
    ['{{ range "s3cret" }}{{ end }}', "krakend.json:1: cannot go through a text"],
    ['{{ lt "s3cret" 1 }}', "krakend.json:1: lt: cannot compare a text with 1"],
    ["{{ fromJson `{s3cret` }}", "krakend.json:1: fromJson: cannot use what it is given"],
    ["{{ len nil }}", "krakend.json:1: len: <nil> has no length"],
  ])("%s is refused, with its line", (template, message) => {
    expect(() => filled(template, { "settings/a.json": '{"b":null}' })).toThrow(message);
    expect(() => filled(template, { "settings/a.json": '{"b":null}' })).toThrow(ConfigProblem);
  });

  it("settings that are no JSON are refused by their name", () => {
    expect(() => filled("", { "settings/s.json": "{" })).toThrow(
      "settings/s.json:1: these settings cannot be read",
    );
    expect(() => filled("", { "settings/s.json": '{"a": s3cret}' })).toThrow(
      /cannot be read: Unexpected token 's' is not valid JSON$/,
    );
  });

  it("a file in TOML is refused", () => {
    const files = { read: () => "", list: () => [] };
    expect(() => krakend.render!("version = 3", "krakend.toml", {}, files)).toThrow("TOML is not read");
  });

  it("is off without FC_ENABLE, and folders need not be given", () => {
    expect(filled("{{ .x }}", {}, { FC_ENABLE: "" })).toBe("{{ .x }}");
    const none = { FC_SETTINGS: undefined, FC_PARTIALS: undefined, FC_TEMPLATES: undefined };
    expect(filled("{{ add 1 1 }}", {}, none)).toBe("2");
    // As Go joins paths: what is included stands then where the process does.
    expect(filled('{{ include "a/b.txt" }}', { "a/b.txt": "here" }, none)).toBe("here");
  });
});
