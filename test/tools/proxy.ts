import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Tidy } from "./tidy.ts";

/** An HTTP proxy that remembers what it was asked, and opens tunnels to wherever it is told on this machine. */
export async function proxyServer(tidy: Tidy) {
  const asked: string[] = [];
  const told: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    response.end(`by proxy for ${request.headers.host}`);
  });
  proxy.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    told.push(request.headers["proxy-authorization"]);
    const [, port] = String(request.url).split(":");
    const onwards = connect(Number(port), "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    onwards.pipe(socket).pipe(onwards);
    tidy.later(() => void onwards.destroy());
    for (const end of [socket, onwards]) end.on("error", () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  tidy.later(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const { port } = proxy.address() as AddressInfo;
  return { asked, told, url: `http://user:pass@127.0.0.1:${port}` };
}
