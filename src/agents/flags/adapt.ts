import type { Adapted, Adapter, AdapterInput } from "../../core/agent.ts";
import { ConfigProblem } from "../../core/problems.ts";
import { chainIn, corsIn, hostsIn, limitsIn, listenIn, ofrepIn, staleIn } from "./adapt/door.ts";
import { insightsIn } from "./adapt/insights.ts";
import { Options } from "./adapt/options.ts";
import { offlineIn, serverIn } from "./adapt/origin.ts";
import type { Part } from "./adapt/part.ts";
import { Reading } from "./adapt/reading.ts";
import { backupIn, storeIn } from "./adapt/store.ts";

/** The FeatBit Agent, which is configured by the environment, with `__` or `:` between the parts of a name. */
export const featbit: Adapter = {
  name: "featbit",
  summary: "the FeatBit Agent's environment variables, or its appsettings.json",
  detect: (env) => {
    const options = new Options(env, undefined);
    const known = options.text("ApiKey") !== undefined;
    return (
      known && (options.text("StreamingUri") ?? options.text("Mode") ?? options.text("AgentId")) !== undefined
    );
  },
  adapt: (input: AdapterInput): Adapted => {
    const read = new Reading(input);
    const agent = agentIn(read);
    const { mistakes, notes } = read;
    if (mistakes.length === 0) return { agents: { flags: agent }, notes };
    const message = mistakes.map((mistake) => `${mistake.at}: ${mistake.message}`).join("\n");
    throw new ConfigProblem("config_invalid", message, { mistakes });
  },
};

/** From the peer's options to ours, part by part. */
function agentIn(read: Reading): Part {
  const key = read.needed("ApiKey");
  const isManual = modeIn(read) === "manual";
  for (const [name, why] of Object.entries(WITHOUT)) if (read.text(name) !== undefined) read.note(name, why);
  return {
    kind: "flags",
    listen: listenIn(read),
    ...hostsIn(read),
    from: isManual ? offlineIn(read) : serverIn(read, key),
    key: read.text("AdminApiKey") ?? key,
    ...insightsIn(read, isManual),
    ...storeIn(read),
    ...backupIn(read),
    token_expiry: `${read.number("Streaming:TokenExpirySeconds", 30)}s`,
    ...limitsIn(read),
    ...corsIn(read),
    ...ofrepIn(read),
    ...chainIn(read),
    ...staleIn(read),
  };
}

function modeIn(read: Reading): "auto" | "manual" {
  const mode = read.text("Mode") ?? "auto";
  if (mode === "manual" || mode === "offline") return "manual";
  if (mode !== "auto" && mode !== "agent") read.wrong("Mode", `"${mode}" is neither auto nor manual`);
  return "auto";
}

/** Options without a counterpart, and what holds instead. */
const WITHOUT: Readonly<Record<string, string>> = {
  "Streaming:TrackClientHostName": "names of clients are not looked up here",
  "Events:SpoolDir": "insights are kept below Outrider's state folder",
  "Events:BufferSize": "insights are kept on disk, up to `insights.spool` bytes",
  "Cors:AllowedHeaders": "whatever a browser asks for is allowed",
  "Cors:AllowedMethods": "whatever a browser asks for is allowed",
  "Metrics:Enabled": "metrics stand at Outrider's admin address, `/metrics`",
  "Logging:LogLevel:Default": "the log's level is that of the process, `log: { level: … }`",
};
