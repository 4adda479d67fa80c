// A backend that answers at once, counts what it gets, and measures how old it is.
import { createServer } from "node:http";

const [port, status = "200"] = process.argv.slice(2);
let count = 0;
let ages = [];

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/stats") {
      const sorted = ages.sort((a, b) => a - b);
      const at = (share) => sorted[Math.floor(sorted.length * share)] ?? 0;
      response.end(JSON.stringify({ count, p50: at(0.5), p99: at(0.99) }));
      return;
    }
    if (request.url === "/reset") {
      count = 0;
      ages = [];
      response.end();
      return;
    }
    count++;
    const sent = /"sent":(\d+)/.exec(Buffer.concat(chunks).toString())?.[1];
    if (sent) ages.push(Number(process.hrtime.bigint() / 1000n) - Number(sent));
    response.writeHead(Number(status), { "content-type": "application/json", "content-length": 2 });
    response.end("{}");
  });
}).listen(Number(port), "127.0.0.1", () => console.log("listening"));
