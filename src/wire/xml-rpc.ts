/** What may stand in an answer. Numbers are whole. */
export type XmlRpcValue =
  | string
  | number
  | boolean
  | readonly XmlRpcValue[]
  | { readonly [name: string]: XmlRpcValue };

/** A call: the name of a method, and its parameters as texts, numbers and truth values. */
export interface XmlRpcCall {
  readonly method: string;
  readonly params: readonly (string | number | boolean)[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads a call of XML-RPC whose parameters are texts, numbers or truth values. There are no entities but XML's own, so
 * nothing is looked up or unfolded. Source: xmlrpc.com/spec.
 * @returns undefined for anything else
 */
export function parseXmlRpcCall(xml: string): XmlRpcCall | undefined {
  const whole =
    /^\s*(?:<\?xml[^>]*\?>)?\s*<methodCall>\s*<methodName>\s*([\w.:/]{1,200})\s*<\/methodName>([\s\S]*)<\/methodCall>\s*$/;
  const [, method, rest] = whole.exec(xml) ?? [];
  if (method === undefined || rest === undefined) return undefined;
  const params: (string | number | boolean)[] = [];
  const one = /^\s*<param>\s*<value>([\s\S]*?)<\/value>\s*<\/param>/;
  let left = rest
    .trim()
    .replace(/^<params>/, "")
    .replace(/<\/params>$/, "")
    .replace(/^<params\s*\/>$/, "");
  for (let found = one.exec(left); found; found = one.exec(left)) {
    const value = scalarOf(found[1]!);
    if (value === undefined) return undefined;
    params.push(value);
    left = left.slice(found[0].length);
  }
  return left.trim() === "" ? { method, params } : undefined;
}

function scalarOf(xml: string): string | number | boolean | undefined {
  const [, type = "string", typed = xml] = /^\s*<(\w+)>([^<]*)<\/\1>\s*$/.exec(xml) ?? [];
  if (typed.includes("<")) return xml.trim() === "<string/>" ? "" : undefined;
  if (type === "string") return unescaped(typed);
  if (type === "boolean") return typed.trim() === "1";
  return /^(?:int|i4)$/.test(type) && /^\s*-?\d+\s*$/.test(typed) ? Number(typed) : undefined;
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (whole, decimal, hex, name: string | undefined) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The answer to a call that went well. */
export function xmlRpcAnswer(value: XmlRpcValue): string {
  return `<?xml version="1.0"?>\n<methodResponse><params><param>${written(value)}</param></params></methodResponse>\n`;
}

/** The answer to one that did not. */
export function xmlRpcFault(code: number, text: string): string {
  const fault = written({ faultCode: code, faultString: text });
  return `<?xml version="1.0"?>\n<methodResponse><fault>${fault}</fault></methodResponse>\n`;
}

function written(value: XmlRpcValue): string {
  if (typeof value === "number") return `<value><int>${Math.trunc(value)}</int></value>`;
  if (typeof value === "boolean") return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === "string") return `<value><string>${escaped(value)}</string></value>`;
  if (isList(value)) return `<value><array><data>${value.map(written).join("")}</data></array></value>`;
  const members = Object.entries(value).map(
    ([name, each]) => `<member><name>${escaped(name)}</name>${written(each)}</member>`,
  );
  return `<value><struct>${members.join("")}</struct></value>`;
}

function isList(value: XmlRpcValue): value is readonly XmlRpcValue[] {
  return Array.isArray(value);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
