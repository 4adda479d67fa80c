import { HttpClient } from "../../../wire/http-client.ts";
import type { TlsOptions } from "../../../wire/http-routes.ts";
import { readTls } from "../../../wire/tls-files.ts";
import type { BackendConfig, HttpConfig } from "../config/backend.ts";
import { tlsFiles } from "../config/tls.ts";
import type { Backend } from "./call.ts";
import { httpExchange } from "./client.ts";
import { discover } from "./discover.ts";
import type { Exchange } from "./exchange.ts";
import { formatted } from "./format.ts";
import { Hosts } from "./hosts.ts";
import { http } from "./http.ts";
import { lambda } from "./lambda.ts";
import { martian } from "./martian/index.ts";
import { timed, timedCall } from "./measured.ts";
import { oauth } from "./oauth.ts";
import { publisher } from "./publish.ts";
import { redirects } from "./redirects.ts";
import type { Surroundings } from "./surroundings.ts";

/** The innermost part of a backend: what really goes out. */
export function connected(config: BackendConfig, name: string, around: Surroundings): Backend {
  const measured = timedCall(name, around);
  if (config.lambda) return formatted(config.answer)(measured(lambda(config.lambda, around)));
  if (config.amqp) return measured(publisher(config.amqp, around));
  const target = config.http!;
  const send = timed(name, around)(exchange(config, target, around));
  return http(send, target.path, config.answer, around);
}

/** The hosts of a target: as they are listed, or as DNS says. An empty text is none. */
export function hostsOf({ url, discover: dns }: HttpConfig, around: Surroundings): Hosts {
  return dns ? discover(url[0]!, dns, around) : new Hosts(url.filter((one) => one !== ""));
}

/** The layers that work on the real request and the raw response, the outermost first. */
function exchange(config: BackendConfig, target: HttpConfig, around: Surroundings): Exchange {
  const layers = [
    config.martian && martian(config.martian, around),
    config.oauth && oauth(config.oauth, around),
    redirects(target.redirects ?? (around.profile.redirectsBody ? "body" : "follow"), around),
  ];
  return layers.reduceRight<Exchange>((next, layer) => (layer ? layer(next) : next), client(target, around));
}

function client(target: HttpConfig, around: Surroundings): Exchange {
  const made = (tls?: TlsOptions) => {
    const client = new HttpClient({
      timeout: 0,
      follow: false,
      unpack: true,
      connections: target.connections,
      proxy: target.proxy ?? around.env,
      ...(tls ? { tls } : {}),
    });
    around.owns(client);
    return httpExchange(client);
  };
  const { tls } = target;
  if (!tls) return made();
  let send: Exchange;
  around.prepares(async () => {
    send = made(await readTls(tlsFiles(tls)));
  });
  return (request, signal) => send(request, signal);
}
