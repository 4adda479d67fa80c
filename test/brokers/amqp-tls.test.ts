import { connect } from "amqplib";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type { Problem } from "../../src/core/problems.ts";
import { thrownBy } from "../../src/laws/law.ts";
import { Opened } from "../../src/laws/opened.ts";
import { AmqpSource, type AmqpSourceOptions } from "../../src/wire/amqp/source.ts";
import { letGo } from "../tools/amqp-source.ts";
import { makeCertificates } from "../tools/certificates.ts";
import { describeWith } from "../tools/needs.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";

const never = new AbortController().signal;
const whole = new Tidy("all");
const tidy = new Tidy();
let number = 0;
let name = "";
beforeEach(() => {
  name = `test-${++number}`;
});

describeWith("openssl")("TLS", () => {
  describeWith(rabbitMq)("to RabbitMQ", () => {
    let broker: RabbitMq;
    let ca: string;
    let client: { cert: string; key: string };
    beforeAll(async () => {
      const certificates = await makeCertificates(whole);
      ({ ca, client } = certificates);
      broker = await startRabbitMq(whole, { tls: certificates });
      await broker.addUser("outrider", "p");
    });
    const probe = (url: string, options: Partial<AmqpSourceOptions> = {}) =>
      new AmqpSource({ urls: [url], queue: { name }, ...options }).probe(never);
    const files = () => ({ ca: [ca], cert: client.cert, key: client.key });

    it("works with a client certificate, by options", async () => {
      const options = { urls: [`amqps://localhost:${broker.tlsPort}`], queue: { name }, tls: files() };
      const opened = new Opened(new AmqpSource(options));
      tidy.later(() => letGo(opened));
      await opened.up();
      const model = await connect(broker.url());
      tidy.later(() => model.close());
      (await model.createChannel()).sendToQueue(name, Buffer.from("a"));
      await opened.first(1);
      await opened.close();
    });

    it("works with a client certificate that says who we are, all by the URL", async () => {
      const query = new URLSearchParams({
        cacertfile: ca,
        certfile: client.cert,
        keyfile: client.key,
        auth_mechanism: "external",
      });
      await probe(`amqps://127.0.0.1:${broker.tlsPort}/?${query}`);
      await probe(`amqps://127.0.0.1:${broker.tlsPort}/?${query}&server_name_indication=localhost`);
      const wrong = await thrownBy(
        probe(`amqps://127.0.0.1:${broker.tlsPort}/?${query}&server_name_indication=else`),
      );
      expect(wrong).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
    });

    it("does not trust a stranger, unless it is told to", async () => {
      const { ca: _, ...tls } = files();
      const url = `amqps://localhost:${broker.tlsPort}`;
      const problem = await thrownBy(probe(url, { tls }));
      expect(problem).toMatchObject({ name: "LinkProblem", code: "connect_failed" });
      expect((problem as Problem).message).toMatch(/SELF_SIGNED|UNABLE_TO/);
      expect((problem as Problem).remedy).toMatch(/authority/);
      await probe(url, { tls: { ...tls, rejectUnauthorized: false } });
      await probe(`${url}?verify=verify_none`, { tls });
    });

    it("is refused without a certificate that the broker insists on", async () => {
      const problem = await thrownBy(probe(`amqps://localhost:${broker.tlsPort}`, { tls: { ca: [ca] } }));
      expect(problem).toMatchObject({ name: "DeniedProblem", code: "credentials_refused" });
    });

    it("names a file that cannot be read", async () => {
      const tls = { ...files(), key: "/nowhere/key.pem" };
      const problem = await thrownBy(probe(`amqps://localhost:${broker.tlsPort}`, { tls }));
      expect(problem).toMatchObject({ name: "LinkProblem", code: "file_missing" });
      expect((problem as Problem).message).toContain("/nowhere/key.pem");
    });

    it("says so where plain AMQP is spoken instead, and the other way round", async () => {
      for (const url of [`amqp://127.0.0.1:${broker.tlsPort}`, `amqps://127.0.0.1:${broker.port}`]) {
        expect(await thrownBy(probe(url, { tls: files() }))).toMatchObject({ name: "LinkProblem" });
      }
    });
  });
});
