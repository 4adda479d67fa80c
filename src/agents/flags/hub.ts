import { Channel, type ChannelOptions } from "./channel.ts";
import type { SdkConnection } from "./sdk-connection.ts";
import type { View } from "./view.ts";

/** SDKs take it as the last word, and do not come back before they are started anew. */
export const CLOSE_INVALID = { code: 4003, reason: "invalid request, close by server" } as const;

/** All environments with their followers. */
export class Hub {
  readonly connections = new Set<SdkConnection>();
  readonly #channels = new Map<string, Channel>();
  readonly #options: ChannelOptions;
  readonly #watchers = new Set<(envId: string) => void>();

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  channel(envId: string): Channel | undefined {
    return this.#channels.get(envId);
  }

  /** Calls back with each environment that changes or goes. @returns a function that ends it */
  watch(changed: (envId: string) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** From now on this is served. @param replaced environments of which everything is sent anew */
  show(view: View, replaced: ReadonlySet<string>): void {
    this.#sendAway(view);
    for (const [envId, environment] of view.environments) {
      const channel = this.#channels.get(envId);
      if (!channel) this.#channels.set(envId, new Channel(environment, this.#options));
      else if (channel.view !== environment || replaced.has(envId))
        channel.publish(environment, replaced.has(envId));
      else continue;
      for (const changed of this.#watchers) changed(envId);
    }
    for (const [envId, channel] of this.#channels) {
      if (view.environments.has(envId)) continue;
      channel.close();
      this.#channels.delete(envId);
      for (const changed of this.#watchers) changed(envId);
    }
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close();
  }

  /** Whose secret was revoked, or whose environment is gone, has no business here any more. */
  #sendAway(view: View): void {
    for (const connection of this.connections) {
      const { secret } = connection;
      if (!secret) continue;
      const known = view.secret(secret.value);
      if (known?.envId !== secret.envId || known.type !== secret.type)
        connection.close(CLOSE_INVALID.code, CLOSE_INVALID.reason);
    }
  }
}
