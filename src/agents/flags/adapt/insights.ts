import { given, type Part } from "./part.ts";
import type { Reading } from "./reading.ts";

/** What becomes of the usage data that SDKs send. */
export function insightsIn(read: Reading, isManual: boolean): Part {
  const url = read.uri("EventUri", false) ?? read.text("StreamingUri")?.replace(/^ws/i, "http");
  if (!read.flag("ForwardEvents", true)) return {};
  if (url === undefined) {
    if (isManual && read.text("Mode") !== undefined)
      read.note(
        "Mode",
        "EventUri is not set: insights are taken and dropped, where the peer would not start",
      );
    return {};
  }
  const window = `${read.number("Events:FlushSeconds", 5)}s`;
  const items = read.number("Events:MaxBatch", 500);
  return {
    insights: {
      to: { featbit: { url: url.replace(/\/+$/, "") } },
      ...anonymiseIn(read),
      batch: { items, window },
    },
  };
}

function anonymiseIn(read: Reading): Part {
  const user = read.choice("Privacy:UserKey", ["keep", "hmac", "drop"]);
  const name = read.choice("Privacy:Name", ["keep", "drop"]);
  const allow = read.text("Privacy:AllowProperties");
  const salt = read.text("Privacy:Salt");
  if (user === undefined && name === undefined && allow === undefined) return {};
  if (user === "hmac" && salt === undefined)
    read.wrong("Privacy:Salt", "is needed for Privacy__UserKey=hmac");
  const keep = allow === undefined || allow === "*" ? "*" : allow.split(",").map((each) => each.trim());
  return {
    anonymise: { user: user ?? "keep", ...given("salt", salt), name: name ?? "keep", keep },
  };
}
