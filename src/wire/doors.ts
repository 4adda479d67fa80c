import { overlap } from "../config/units.ts";
import type { Doors, Tenancy, Tenant } from "../core/doors.ts";
import { type Log, silent } from "../core/log.ts";
import { Door } from "./door.ts";
import { type DoorLimits, usualLimits } from "./limits.ts";

export interface HouseOptions extends Partial<DoorLimits> {
  /** Told when a tenant throws where nobody else would hear it. Default: nobody. */
  readonly log?: Log;
}

/** A door that is open, or about to be. */
interface Opening {
  readonly address: string;
  readonly door: Promise<Door>;
}

/** Every listening socket of the process, by address. */
export class House {
  readonly #openings = new Map<string, Opening>();
  readonly #limits: DoorLimits;
  readonly #log: Log;

  constructor({ log = silent, ...limits }: HouseOptions = {}) {
    this.#limits = { ...usualLimits, ...limits };
    this.#log = log;
  }

  /** The doors as one agent sees them. With port 0 each agent gets a door of its own. */
  for(owner: string): Doors {
    return { open: (address, tenant) => this.#open(keyOf(address, owner), address, tenant) };
  }

  async #open(key: string, address: string, tenant: Tenant): Promise<Tenancy> {
    const opening = this.#openings.get(key) ?? { address, door: this.#openDoor(address) };
    this.#openings.set(key, opening);
    try {
      const door = await opening.door;
      return { address: door.address, leave: door.moveIn(tenant) };
    } catch (error) {
      if (!(await settled(opening)) && this.#openings.get(key) === opening) this.#openings.delete(key);
      throw error;
    }
  }

  /** An empty door that is in the way, such as `:80` for `127.0.0.1:80`, is closed first: its tenant has moved. */
  async #openDoor(address: string): Promise<Door> {
    const inTheWay = [...this.#openings].filter(([, other]) => overlap(other.address, address));
    await this.#closeEmpty(inTheWay, AbortSignal.abort());
    return Door.open(address, this.#limits, this.#log);
  }

  /** Closes every door that nobody lives behind and nobody will claim. */
  async sweep(claimed: Iterable<{ owner: string; address: string }>, kill: AbortSignal): Promise<void> {
    const wanted = new Set([...claimed].map(({ owner, address }) => keyOf(address, owner)));
    await this.#closeEmpty(
      [...this.#openings].filter(([key]) => !wanted.has(key)),
      kill,
    );
  }

  /** Closes all doors; connections that are still busy may finish until `kill` rings. */
  async close(kill: AbortSignal): Promise<void> {
    const doors = await Promise.all([...this.#openings.values()].map(settled));
    this.#openings.clear();
    await Promise.all(doors.map((door) => door?.close(kill)));
  }

  async #closeEmpty(openings: readonly [string, Opening][], kill: AbortSignal): Promise<void> {
    await Promise.all(
      openings.map(async ([key, opening]) => {
        const door = await settled(opening);
        if (!door?.empty) return;
        this.#openings.delete(key);
        await door.close(kill);
      }),
    );
  }
}

function settled({ door }: Opening): Promise<Door | undefined> {
  return door.catch(() => undefined);
}

function keyOf(address: string, owner: string): string {
  return address.endsWith(":0") ? `${address} of ${owner}` : address;
}
