import { agentPath } from "../api/client.ts";
import { Log } from "./log.tsx";

export function AgentLog({ name }: { name: string }) {
  return <Log path={`${agentPath(name)}/log`} label={`Log of ${name}`} />;
}
