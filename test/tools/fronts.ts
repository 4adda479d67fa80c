import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folder } from "./folder.ts";
import { freePort } from "./ports.ts";
import { startProgram } from "./program.ts";
import type { Tidy } from "./tidy.ts";

/** Where the two stand that a proxy in front speaks with. */
export interface Behind {
  readonly outrider: number;
  readonly app: number;
}

/** A file of `deploy/`, as it is but for the ports. */
export function deployed(name: string, { outrider, app }: Behind): string {
  const file = fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
  return readFileSync(file, "utf8")
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${outrider}`)
    .replaceAll("127.0.0.1:3000", `127.0.0.1:${app}`);
}

/** Starts a real nginx with `deploy/nginx-auth-request.conf`. @returns its port */
export async function startNginx(tidy: Tidy, behind: Behind): Promise<number> {
  const [home, port] = [await folder(tidy), await freePort()];
  const site = deployed("nginx-auth-request.conf", behind).replace("listen 80;", `listen 127.0.0.1:${port};`);
  const kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temp = kept.map((name) => `${name}_temp_path ${join(home, name)};`).join("\n");
  const file = join(home, "nginx.conf");
  // One process that stays in the foreground, so that its pid is the one to end.
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${join(home, "pid")}; error_log stderr;
     events { worker_connections 256; }
     http { access_log off; ${temp}\n${site} }`,
  );
  await startProgram(tidy, "nginx", { args: ["-p", home, "-c", file], up: () => listens(port) });
  return port;
}

/** Starts a real Caddy with `deploy/Caddyfile`. @returns its port */
export async function startCaddy(tidy: Tidy, behind: Behind): Promise<number> {
  const [home, port] = [await folder(tidy), await freePort()];
  const site = deployed("Caddyfile", behind).replace(":80 {", `http://:${port} {\n\tbind 127.0.0.1`);
  const file = join(home, "Caddyfile");
  mkdirSync(join(home, "xdg"));
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
  const env = { HOME: home, XDG_DATA_HOME: join(home, "xdg"), XDG_CONFIG_HOME: join(home, "xdg") };
  const args = ["run", "--adapter", "caddyfile", "--config", file];
  await startProgram(tidy, "caddy", { args, env, up: () => listens(port) });
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1")
      .on("connect", () => resolve(true))
      .on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
