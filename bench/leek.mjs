// Leek's API as a receiver for figures: takes documents and counts. Answers /stats.
import { createServer } from "node:http";

let [events, documents, posts] = [0, 0, 0];
createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const say = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.url === "/stats") return say(200, { events, documents, posts });
    if (request.url === "/v1/swagger.json") return say(200, { paths: { "/applications/transforms": {} } });
    if (request.method !== "POST") return say(200, "Ready!");
    const given = JSON.parse(Buffer.concat(chunks));
    posts++;
    documents += given.length;
    for (const { events_count } of given) events += events_count;
    return say(201, { success: given.length });
  });
}).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
