import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join, posix } from "node:path";
import { promisify } from "node:util";
import { type Instruction, type Stage, settingsOf } from "./dockerfile.ts";
import { folder } from "./folder.ts";
import { find } from "./needs.ts";
import type { Tidy } from "./tidy.ts";

const run = promisify(execFile);

/** Seen in every root: this machine's programs stand for those of the base image. Nothing may be written there. */
const BASE = ["/usr", "/dev", "/proc"];

/**
 * Plays a Dockerfile without a container engine. Each stage gets a root folder of its own, in a mount namespace,
 * into which its steps are run by `chroot`. What is played and not real: the base image is this machine's Debian with
 * its Node, and a user `node`; layers, and a network of its own, there are none.
 */
export class Images {
  readonly #tidy: Tidy;
  readonly #context: string;
  readonly #ignored: readonly string[];
  /** Commands that need the outside, by their first words, and what does their work here. */
  readonly #instead: Readonly<Record<string, (folder: string) => void>>;
  readonly #roots = new Map<string, string>();

  constructor(
    tidy: Tidy,
    options: {
      readonly context: string;
      readonly ignored: readonly string[];
      readonly instead: Readonly<Record<string, (folder: string) => void>>;
    },
  ) {
    this.#tidy = tidy;
    this.#context = options.context;
    this.#ignored = options.ignored;
    this.#instead = options.instead;
  }

  /** Plays all steps of a stage. @returns its root folder */
  async build(stage: Stage): Promise<string> {
    const root = await folder(this.#tidy);
    furnish(root);
    let at = "/";
    for (const step of stage.instructions) {
      if (step.word === "WORKDIR") {
        at = posix.resolve(at, step.text);
        mkdirSync(join(root, at), { recursive: true });
      } else if (step.word === "COPY") this.#copy(step, root, at);
      else if (step.word === "RUN") await this.#run(step.text, root, at);
    }
    if (stage.name !== undefined) this.#roots.set(stage.name, root);
    return root;
  }

  #copy({ flags, text }: Instruction, root: string, at: string): void {
    const words = text.split(/\s+/);
    const target = words.pop()!;
    const from = flags["from"];
    const source = from === undefined ? this.#context : this.#roots.get(from);
    if (source === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
    const place = join(root, posix.resolve(at, target));
    for (const word of words) {
      const path = join(source, word);
      if (!existsSync(path)) throw new Error(`COPY ${text}: there is no ${word}`);
      if (statSync(path).isDirectory()) this.#copyFolder(path, place, from === undefined);
      else cpSync(path, target.endsWith("/") || target === "." ? join(place, basename(word)) : place);
    }
  }

  #copyFolder(path: string, place: string, ours: boolean): void {
    mkdirSync(place, { recursive: true });
    for (const name of readdirSync(path)) {
      if (ours && path === join(this.#context, ".") && this.#ignored.includes(name)) continue;
      cpSync(join(path, name), join(place, name), { recursive: true, verbatimSymlinks: true });
    }
  }

  async #run(command: string, root: string, at: string): Promise<void> {
    for (const [words, act] of Object.entries(this.#instead)) {
      if (command.startsWith(words)) return act(join(root, at));
    }
    const env = { PATH: SEARCHED, HOME: "/root" };
    await run("unshare", inside(root, at, "0:0", ["sh", "-c", command]), { env, maxBuffer: 10_000_000 });
  }
}

const SEARCHED = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface StartOptions {
  /** Words instead of those that the image starts with. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Nothing can be written but in these folders. Default: everything can, as far as the user may. */
  readonly writable?: readonly string[];
}

/** Starts what an image starts, or a command in it, as its user, in its folder and environment. */
export function startIn(root: string, stage: Stage, options: StartOptions = {}): ChildProcess {
  const { user = "0:0", folder: at, env, command } = settingsOf(stage);
  const words = inside(root, at, user, options.command ?? command, options.writable);
  return spawn("unshare", words, { env: { PATH: SEARCHED, HOME: "/", ...env, ...options.env } });
}

/** The words for `unshare` that run a command with a folder as its root. */
function inside(
  root: string,
  at: string,
  user: string,
  command: readonly string[],
  writable?: readonly string[],
): string[] {
  const [uid, gid] = user.split(":");
  const mounts = [
    `mount --rbind ${root} ${root}`,
    ...BASE.map((path) => `mount --rbind ${path} ${root}${path}`),
    `mount -o remount,ro,bind ${root}/usr`,
    // The one place in /usr that an image of ours writes to; Node is there in any case.
    `mount --bind ${root}/.local ${root}/usr/local/bin`,
    `mount --bind ${process.execPath} ${root}/usr/local/bin/node`,
    ...(writable ? [`mount -o remount,ro,bind ${root}`] : []),
    ...(writable ?? []).map((path) => `mount --bind ${root}${path} ${root}${path}`),
    ...(writable ?? []).map((path) => `mount -o remount,rw,bind ${root}${path}`),
    `exec chroot ${root} setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs env --chdir=${at} "$@"`,
  ];
  return ["--mount", "sh", "-c", mounts.join(" && "), "sh", ...command];
}

/** A Debian without its programs, which are mounted. */
function furnish(root: string): void {
  for (const name of ["usr", "dev", "proc", "etc", "tmp", "var/lib", "root", ".local"])
    mkdirSync(join(root, name), { recursive: true });
  // Our temporary folders are their owner's alone; in an image everybody finds the root.
  chmodSync(root, 0o755);
  chmodSync(join(root, "tmp"), 0o1777);
  for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  writeFileSync(join(root, ".local", "node"), "", { mode: 0o755 });
  for (const name of ["npm", "npx"])
    symlinkSync(realpathSync(find(name) ?? name), join(root, ".local", name));
  const users = "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n";
  writeFileSync(join(root, "etc/passwd"), users);
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
}
