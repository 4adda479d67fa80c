import { ConfigProblem, RejectedProblem } from "../../../../core/problems.ts";
import type { ExchangeLayer } from "../exchange.ts";
import type { Surroundings } from "../surroundings.ts";
import { bodyModifiers } from "./body.ts";
import { cookieModifiers } from "./cookies.ts";
import { BlockError, MessageError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { groups, verifiers } from "./groups.ts";
import { headerModifiers } from "./headers.ts";
import { Received, Sent } from "./message.ts";
import { type Maker, type Modifier, scoped } from "./modifier.ts";
import { urlModifiers } from "./url.ts";

const makers: ReadonlyMap<string, Maker> = new Map(
  [headerModifiers, urlModifiers, bodyModifiers, cookieModifiers, groups, verifiers].flatMap((family) =>
    Object.entries(family),
  ),
);

/**
 * Changes the real request and the raw response as a block of Martian says.
 *
 * A block with any mistake is ConfigProblem; in a lenient profile it is left out as a whole, as the peer does.
 * Source: krakend-async §5.13.
 * @returns undefined when the block is left out
 */
export function martian(
  config: Readonly<Record<string, unknown>>,
  around: Pick<Surroundings, "profile" | "log">,
): ExchangeLayer | undefined {
  try {
    return layer(read(new Fields("martian", config)));
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
    if (!around.profile.lenient) throw refused(error);
    around.log.error({ reason: error.message }, "the martian block is left out: it has a mistake");
    return undefined;
  }
}

/** A block holds one modifier. Throws BlockError. */
function read(block: Fields): Modifier {
  const [entry, ...more] = block.entries;
  if (!entry || more.length > 0) {
    throw block.error(`expected one modifier, found ${block.entries.length}; put several into a fifo.Group`);
  }
  const [name, value] = entry;
  const make = makers.get(name);
  if (!make) throw block.error(`unknown modifier "${name}"`);
  const fields = new Fields(`${block.at}.${name}`, value);
  return scoped(make(fields, read), fields);
}

function layer(modifier: Modifier): ExchangeLayer {
  return (next) => async (request, signal) => {
    const sent = new Sent(request);
    change(() => modifier.request?.(sent));
    const answer = await next(sent.outgoing(), signal);
    if (!modifier.response) return answer;
    const received = new Received(answer, sent);
    change(() => modifier.response?.(received));
    return received.incoming();
  };
}

function change(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    throw new RejectedProblem("item_refused", `martian: ${error.message}`, { cause: error });
  }
}

function refused({ at, message }: BlockError): ConfigProblem {
  return new ConfigProblem("config_invalid", message, {
    remedy: "Mend the block; each modifier's fields and scopes are listed in the guide to queues.",
    mistakes: [{ at, message }],
  });
}
