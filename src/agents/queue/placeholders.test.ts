import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigProblem } from "../../core/problems.ts";
import { type JsonObject, parseJson, writeJson } from "./backend/json.ts";
import { type Event, plainEvent } from "./event.ts";
import { parsedBody } from "./parsed.ts";
import { placeholderMistakes, placeholders, template } from "./placeholders.ts";

const event: Event = {
  ...plainEvent(Buffer.from('{"id":1.50,"a":{"b":"x y"},"list":[{"k":"v"}],"no":null,"yes":true,"s":"é"}')),
  headers: { "X-Kind": "order", n: 7, bytes: Buffer.from("raw"), at: new Date(0), table: { a: [1n] } },
  properties: { messageId: "m-1", timestamp: 5, priority: 0 },
  routingKey: "orders.new",
  exchange: "shop",
};
const data = parseJson('{"id":9007199254740993}') as JsonObject;
const from = { event, data, params: { Resp0_id: "7", "Resp1_a.b": "8" } };
const fill = (text: string) => placeholders(text)(from);

describe("placeholders", () => {
  it.each([
    ["/{routing_key}/{exchange}/{id}", "/orders.new/shop/m-1"],
    ["{body.id} {body.a.b} {body.list.0.k} {body.yes}", "1.50 x y v true"],
    ["{body.a} {body.list}", '{"b":"x y"} [{"k":"v"}]'],
    ["{header.x-kind} {header.X-Kind} {header.n}", "order order 7"],
    ["{header.bytes} {header.at} {header.table}", 'raw 1970-01-01T00:00:00.000Z {"a":[1]}'],
    ["{property.message_id} {property.timestamp} {property.priority}", "m-1 5 0"],
    ["{data.id} {param.Resp0_id} {resp0_id} {Resp1_a.b}", "9007199254740993 7 7 8"],
    ["[{body.no}{body.zzz}{body.a.b.c}{body.list.x}{header.z}{property.type}{param.z}]", "[]"],
    ["{body.constructor}{body.__proto__}{header.toString}", ""],
    ["{{.Resp0_id}}/{body.id}", "{{.Resp0_id}}/1.50"],
    ['{"a":1} {} { id } {a:b}', '{"a":1} {} { id } {a:b}'],
    ["", ""],
  ])("%s", (text, filled) => {
    expect(fill(text)).toBe(filled);
  });

  it("escapes values and nothing else", () => {
    expect(placeholders("/a b/{body.a.b}?q={body.s}", encodeURIComponent)(from)).toBe("/a b/x%20y?q=%C3%A9");
  });

  it("refuses names that mean nothing", () => {
    for (const text of ["{nope}", "{body..a}", "{property.nope}", "{header}", "{body.}", "{routing_key.a}"]) {
      expect(placeholderMistakes(`x ${text}`)).toHaveLength(1);
      expect(() => placeholders(text)).toThrow(ConfigProblem);
      expect(() => template({ a: [text] })).toThrow(ConfigProblem);
    }
    expect(placeholderMistakes({ a: ["{body.x}", "{one} {two}"], b: { c: "{three}" }, d: 1 })).toHaveLength(
      3,
    );
    expect(placeholderMistakes("{{.Resp0_id}} {body} {id}")).toEqual([]);
  });

  it("takes a body that is no JSON as text, as a whole", () => {
    const text = { event: plainEvent(Buffer.from("hello")) };
    expect(placeholders("<{body}> <{body.a}>")(text)).toBe("<hello> <>");
    expect(template("{body}")(text)).toBe("hello");
  });

  it("parses a body once", () => {
    const other = { ...event, routingKey: "other" };
    expect(parsedBody(event)).toBe(parsedBody(other));
  });

  it("leaves texts without placeholders as they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const safe = text.replace(/\{/g, "(");
        expect(fill(safe)).toBe(safe);
      }),
    );
  });

  it("gives back any text that was put into a body, a header or a param", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const body = Buffer.from(writeJson({ deep: { text } }));
        const filled = { event: { ...plainEvent(body), headers: { text } }, params: { text } };
        expect(placeholders("{body.deep.text}|{header.text}|{param.text}")(filled)).toBe(
          `${text}|${text}|${text}`,
        );
      }),
    );
  });
});

describe("template", () => {
  it("keeps types and spellings", () => {
    const made = template({
      id: "{body.id}",
      text: "id {body.id}",
      all: ["{body.a}", "{body.list}", "{body.yes}", "{data.id}", "{property.timestamp}"],
      missing: "{body.zzz}",
      fixed: [1, true, null, "x", { y: 2 }],
    })(from);
    expect(writeJson(made)).toBe(
      '{"id":1.50,"text":"id 1.50","all":[{"b":"x y"},[{"k":"v"}],true,9007199254740993,5],' +
        '"missing":null,"fixed":[1,true,null,"x",{"y":2}]}',
    );
  });

  it("is any JSON again when it holds no placeholders", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes("{\\") && placeholderMistakes(value).length === 0);
        expect(JSON.parse(writeJson(template(value)(from)))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
