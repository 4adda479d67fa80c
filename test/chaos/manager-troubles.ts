import type { ServerResponse } from "node:http";

/** Something that a Manager, or what stands before it, may answer. */
export interface Trouble {
  readonly what: string;
  readonly route: "version" | "redirects" | "pages";
  readonly answer: (response: ServerResponse) => void;
  readonly code: string;
  /** Words of the reason. */
  readonly says: string;
}

/** Troubles in which a route of the Manager answers a text with status 200. */
function texts(
  code: string,
  says: string,
  what: string,
  route: Trouble["route"],
  ...bodies: string[]
): Trouble[] {
  return bodies.map((body) => ({
    what: `${what} (${body.slice(0, 40)})`,
    route,
    answer: (response: ServerResponse) => void response.end(body),
    code,
    says,
  }));
}

const html = "<!doctype html><title>Flecto Manager</title>";
const list = (items: string) => `{"Items":${items},"Total":1,"Limit":20000,"Offset":0}`;

export const troubles: readonly Trouble[] = [
  ...texts("answer_unexpected", "a whole number, but: <!doctype", "its web page", "version", html),
  ...texts(
    "answer_unexpected",
    "a whole number",
    "a version that is none",
    "version",
    '"12"',
    "1e3",
    "",
    "99999999999999999999",
  ),
  ...(["redirects", "pages"] as const).flatMap((route) => [
    ...texts("answer_unexpected", `/${route}`, "no list", route, html, "", "null", "12", "[]", '"x"', "{"),
    ...texts(
      "answer_unexpected",
      "Items is no list",
      "mistyped items",
      route,
      list('"x"'),
      list("{}"),
      list("7"),
    ),
    ...texts(
      "answer_unexpected",
      "is no object",
      "a mistyped row",
      route,
      list('["x"]'),
      list("[[]]"),
      list("[7]"),
    ),
    ...texts(
      "answer_unexpected",
      "Total is no whole number",
      "a mistyped total",
      route,
      '{"Items":[],"Total":"1"}',
    ),
    ...texts("answer_unexpected", "Next is no text", "a mistyped cursor", route, '{"Items":[],"Next":{}}'),
  ]),
  ...texts(
    "answer_unexpected",
    "source is no text",
    "a mistyped source",
    "redirects",
    list('[{"source":5}]'),
  ),
  ...texts("answer_unexpected", "content is no text", "a mistyped page", "pages", list('[{"content":[]}]')),
  ...texts(
    "answer_unexpected",
    "cannot be read",
    "a list that is cut",
    "redirects",
    list('[{"source":"/a"}]').slice(0, 25),
  ),
  ...texts(
    "answer_unexpected",
    "cannot be read",
    "a cut page of quotes",
    "pages",
    `{"Items":[{"content":"${'\\"'.repeat(2e5)}`,
  ),
  ...texts(
    "answer_unexpected",
    "no end",
    "pages of pages without end",
    "redirects",
    '{"Items":[{}],"Total":1,"Next":"x"}',
  ),
  {
    what: "an answer that is shorter than its length",
    route: "redirects",
    answer: (response) =>
      void response.writeHead(200, { "content-length": 1e6 }).write('{"Items":[', () => response.destroy()),
    code: "connect_failed",
    says: "GET",
  },
  {
    what: "no answer, but a closed connection",
    route: "version",
    answer: (response) => void response.destroy(),
    code: "connect_failed",
    says: "GET",
  },
  {
    what: "something that is no HTTP",
    route: "version",
    answer: (response) => void response.socket!.end("220 mail.example ESMTP\r\n"),
    code: "connect_failed",
    says: "GET",
  },
  { what: "silence", route: "version", answer: () => {}, code: "timed_out", says: "within 300 ms" },
  {
    what: "silence in the middle of an answer",
    route: "redirects",
    answer: (response) => void response.write('{"Items":['),
    code: "timed_out",
    says: "within 300 ms",
  },
  {
    what: "a drop now and then, without end",
    route: "pages",
    answer: (response) => {
      const drip = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(drip));
    },
    code: "timed_out",
    says: "within 300 ms",
  },
  {
    what: "a redirect to somewhere else",
    route: "version",
    answer: (response) => void response.writeHead(302, { location: "https://login.example/?next=x" }).end(),
    code: "answer_unexpected",
    says: "redirects (302) to https://login.example/",
  },
  {
    what: "a redirect to itself",
    route: "redirects",
    answer: (response) => void response.writeHead(307, { location: "?again" }).end(),
    code: "answer_unexpected",
    says: "redirects (307)",
  },
  {
    what: "a server error with a page that echoes our token",
    route: "redirects",
    answer: (response) => void response.writeHead(502).end("Bearer flecto_abc was not taken"),
    code: "server_failed",
    says: "502: Bearer *** was not taken",
  },
];
