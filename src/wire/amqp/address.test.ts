import { describe, expect, it } from "vitest";
import { ConfigProblem } from "../../core/problems.ts";
import { parseAmqpUrl, shownAddress } from "./address.ts";

describe("a broker's URL", () => {
  it.each([
    ["amqp://h", "/"],
    ["amqp://h/", "/"],
    ["amqp://h//", "/"],
    ["amqp://h/%2F", "/"],
    ["amqp://h/foo", "foo"],
    ["amqp://h/%2Ffoo", "/foo"],
    ["amqp://h/a%20b", "a b"],
  ])("%s means vhost %s", (url, vhost) => {
    expect(parseAmqpUrl(url).vhost).toBe(vhost);
  });

  it("has defaults", () => {
    expect(parseAmqpUrl("amqp://h")).toEqual({
      tls: false,
      host: "h",
      port: 5672,
      vhost: "/",
      user: "guest",
      password: "guest",
      mechanism: "plain",
    });
    expect(parseAmqpUrl("amqps://h")).toMatchObject({ tls: true, port: 5671 });
    expect(parseAmqpUrl("amqp://u@h")).toMatchObject({ user: "u", password: "" });
    expect(parseAmqpUrl("pyamqp://h")).toMatchObject({ tls: false });
    expect(parseAmqpUrl("amqp://[::1]:1/v")).toMatchObject({ host: "::1", port: 1 });
  });

  it("decodes user and password, and takes a lone percent sign as it is", () => {
    expect(parseAmqpUrl("amqp://a%40b:p%2Fw%3A@h")).toMatchObject({ user: "a@b", password: "p/w:" });
    expect(parseAmqpUrl("amqp://u:50%@h")).toMatchObject({ password: "50%" });
  });

  it("says how to speak with it", () => {
    const query =
      "heartbeat=5&connection_timeout=1500&channel_max=9&cacertfile=ca&certfile=c&keyfile=k" +
      "&server_name_indication=s&auth_mechanism=EXTERNAL&unknown=1&__proto__=2&verify=verify_none";
    expect(parseAmqpUrl(`amqps://h?${query}`)).toMatchObject({
      heartbeat: 5_000,
      connectTimeout: 1_500,
      channelMax: 9,
      caFile: "ca",
      certFile: "c",
      keyFile: "k",
      servername: "s",
      mechanism: "external",
      rejectUnauthorized: false,
    });
    expect(
      parseAmqpUrl("amqps://h?ssl_ca_certs=ca&ssl_certfile=c&ssl_keyfile=k&ssl_cert_reqs=CERT_NONE"),
    ).toMatchObject({ caFile: "ca", certFile: "c", keyFile: "k", rejectUnauthorized: false });
  });

  it.each([
    "",
    "http://u:topsecret@h",
    "amqp://",
    "amqp:///v",
    "amqp://u:topsecret/@h",
    "amqp://u:topsecret@h:99999",
    "amqp://u:topsecret@h?heartbeat=soon",
    "amqp://u:topsecret@h?auth_mechanism=magic",
  ])("%s is refused, without showing the password", (url) => {
    const parsing = () => parseAmqpUrl(url);
    expect(parsing).toThrow(ConfigProblem);
    expect(parsing).not.toThrow(/topsecret/);
  });

  it("is shown without user and password", () => {
    const shown = (url: string) => shownAddress(parseAmqpUrl(url));
    expect(shown("amqp://u:topsecret@h/v?certfile=c")).toBe("amqp://h:5672/v");
    expect(shown("amqps://[::1]")).toBe("amqps://[::1]:5671/%2F");
  });
});
