import type { Host } from "../../core/agent.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { Feed, Link } from "../../core/feed.ts";
import type { Life } from "../../core/life.ts";
import { ConfigProblem, messageOf, RejectedProblem } from "../../core/problems.ts";
import { parseLine } from "../../wire/ndjson.ts";
import { FileReplay, type ReplayProgress } from "../../wire/replay.ts";
import type { Event } from "./event.ts";
import { fromJson } from "./event-json.ts";

/** Runs a pipeline over a source until it ends. */
export type Passing = (source: Feed<Delivery<Event>>, progress: ReplayProgress, life: Life) => Promise<void>;

/** Sends again events that were set aside in a file; undefined where they are kept elsewhere. */
export function replayOf(file: string | undefined, host: Host, pass: Passing): FileReplay | undefined {
  if (file === undefined) return undefined;
  return new FileReplay({
    file,
    snapshot: host.snapshot("replay"),
    pass: (lines, progress, life) => pass(events(lines, progress, host), progress, life),
  });
}

/** What `replay` says where there is no file. */
export function noFile(): ConfigProblem {
  return new ConfigProblem("input_invalid", "rejected events of this agent are not kept in a file", {
    remedy: "Set `rejected: { file: {} }`.",
  });
}

/** Lines as events. One that is none, such as half a line that a full disk left behind, is told and passed over. */
function events(
  lines: Feed<Delivery<string>>,
  progress: ReplayProgress,
  { log }: Host,
): Feed<Delivery<Event>> {
  async function* open(link: Link<Delivery<Event>>): AsyncGenerator<Delivery<Event>> {
    for await (const { value, bytes, settle } of lines.open({ ...link, after: undefined })) {
      const event = eventOf(value);
      if (!(event instanceof RejectedProblem)) yield { value: event, bytes, settle };
      else {
        progress.unreadable++;
        log.error({ file: progress.file, line: value.slice(0, 200) }, messageOf(event));
        await settle("done");
      }
    }
  }
  return { open };
}

function eventOf(line: string): Event | RejectedProblem {
  try {
    return fromJson(parseLine(line));
  } catch (error) {
    if (error instanceof RejectedProblem) return error;
    throw error;
  }
}
