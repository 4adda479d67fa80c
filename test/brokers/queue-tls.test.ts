import { beforeAll, expect, it } from "vitest";
import { Backend } from "../tools/backend.ts";
import { type Certificates, makeCertificates } from "../tools/certificates.ts";
import { describeWith } from "../tools/needs.ts";
import { Publisher, runQueue } from "../tools/queue-stage.ts";
import { type RabbitMq, rabbitMq, startRabbitMq } from "../tools/rabbitmq.ts";
import { Tidy } from "../tools/tidy.ts";
import { until } from "../tools/until.ts";

const whole = new Tidy("all");
const tidy = new Tidy();

describeWith("openssl")("what a configuration says of TLS to RabbitMQ", () => {
  describeWith(rabbitMq)("holds", () => {
    let broker: RabbitMq;
    let ours: Certificates;
    let others: Certificates;
    beforeAll(async () => {
      ours = await makeCertificates(whole);
      others = await makeCertificates(whole);
      broker = await startRabbitMq(whole, { tls: ours, config: ["ssl_options.versions.1 = tlsv1.2"] });
    });

    /** Agents that take from a queue over TLS, and what they say of it. */
    const take = async (tls: object) => {
      const backend = await Backend.start(tidy);
      const amqp = { url: `amqps://localhost:${broker.tlsPort}`, queue: "q", tls };
      const stage = await runQueue(tidy, {
        orders: { from: { amqp }, to: [{ http: { url: backend.url } }] },
      });
      return { ...stage, backend };
    };
    const refused = async (tls: object) => {
      const { part } = await take(tls);
      await until("it is refused", () => part("orders")?.state === "down");
      return part("orders")?.problem?.message;
    };
    const own = () => ({ cert: ours.client.cert, key: ours.client.key });

    it("several authorities are trusted, the second as the first", async () => {
      const { isUp, backend } = await take({ ...own(), ca: [others.ca, ours.ca], max: "TLSv1.2" });
      await isUp("orders");
      await new Publisher(tidy, broker).put("q", [1]);
      await backend.took(1);
    });

    it("no others are, neither those of the system nor a stranger's", async () => {
      expect(await refused({ ...own(), ca: [others.ca] })).toMatch(/SELF_SIGNED|UNABLE_TO/);
      expect(await refused({ ...own(), system_ca: false })).toMatch(/SELF_SIGNED|UNABLE_TO/);
    });

    it("no older version is spoken than it allows", async () => {
      expect(await refused({ ...own(), ca: [ours.ca], min: "TLSv1.3" })).toMatch(
        /PROTOCOL|protocol|EPROTO|closed/i,
      );
    });

    it("a file that cannot be read is named", async () => {
      expect(await refused({ ...own(), ca: ["/nowhere/ca.pem"] })).toContain("/nowhere/ca.pem");
    });
  });
});
