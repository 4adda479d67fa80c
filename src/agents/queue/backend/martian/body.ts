import { MessageError } from "./errors.ts";
import type { Received } from "./message.ts";
import type { Maker } from "./modifier.ts";

/** Modifiers of the body and the status, by name. */
export const bodyModifiers: Readonly<Record<string, Maker>> = {
  "body.Modifier": (fields) => {
    const type = fields.text("contentType");
    const text = fields.text("body");
    if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ""))) {
      throw fields.error("`body` is not written in base64");
    }
    const body = Buffer.from(text, "base64");
    return {
      request: (sent) => {
        sent.fields.delete("Content-Encoding");
        sent.fields.set("Content-Type", type);
        sent.body = body;
      },
      response: (received) => replace(received, type, body),
    };
  },
  "status.Modifier": (fields) => {
    const status = fields.whole("statusCode");
    return {
      response: (received) => {
        received.status = status;
      },
    };
  },
};

function replace(received: Received, type: string, body: Buffer): void {
  const { fields, sent } = received;
  fields.delete("Content-Encoding");
  fields.set("Content-Type", type);
  received.body = body;
  fields.set("Content-Length", String(body.length));
  const range = sent.fields.get("Range").toLowerCase();
  if (range !== "") cut(received, range.replace(/^[bytes=]*/, ""), body);
}

/**
 * Keeps the bytes that the request asked for. Of several ranges the whole body is sent, as a server may.
 * Source: `ModifyResponse` of Martian's body modifier.
 */
function cut(received: Received, range: string, body: Buffer): void {
  if (range.includes(",")) return;
  const [from = "", to = "", more] = range.split("-");
  if (!range.includes("-") || more !== undefined) {
    received.status = 416;
    return;
  }
  const [start, end] = [whole(from), to === "" ? body.length - 1 : whole(to)];
  received.status = start > end ? 416 : 206;
  if (start > end) return;
  received.body = body.subarray(start, end + 1);
  received.fields.set("Content-Length", String(received.body.length));
  received.fields.set("Content-Range", `bytes ${start}-${end}/${body.length}`);
}

function whole(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new MessageError(`"${text}" is no number of a range`);
  return Number(text);
}
