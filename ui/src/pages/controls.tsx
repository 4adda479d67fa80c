import { useState } from "preact/hooks";
import { agentPath, ask } from "../api/client.ts";
import type { AgentDetail, AgentStatus } from "../api/types.ts";
import { asProblem } from "../live/answer.ts";
import { go, to } from "../live/route.ts";
import { Icon } from "../look/icons.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { tell } from "../parts/toast.tsx";

interface ControlsProps {
  readonly status: AgentStatus;
  readonly detail: AgentDetail | undefined;
  readonly refresh: () => Promise<void>;
}

type Control = "stop" | "restart" | "delete";

const questions: Record<Control, { title: string; text: string; done: string }> = {
  stop: {
    title: "Stop",
    text: "It takes nothing new, finishes what it holds, and stays stopped until it is started again.",
    done: "stopped",
  },
  restart: {
    title: "Restart",
    text: "It finishes what it holds and begins anew. Callers wait at its door meanwhile.",
    done: "restarted",
  },
  delete: {
    title: "Delete",
    text: "It finishes what it holds, and its file is removed. There is no way back.",
    done: "deleted",
  },
};

/** What may be done to the agent as a whole. Everything that takes something away is asked about first. */
export function Controls({ status, refresh }: ControlsProps) {
  const [asked, put] = useState<Control | undefined>();
  const [busy, setBusy] = useState(false);
  const { name, standing, owner } = status;
  const stopped = standing === "stopped";
  const run = async (what: Control | "start") => {
    setBusy(true);
    try {
      if (what === "delete") await ask(agentPath(name), { method: "DELETE" });
      else await ask(`${agentPath(name)}/${what}`, { method: "POST" });
      tell(`${name} ${what === "start" ? "started" : questions[what].done}`);
      if (what === "delete") go();
      else await refresh();
    } catch (error) {
      tell(`${name}: ${asProblem(error).message}`, true);
    }
    setBusy(false);
    put(undefined);
  };
  return (
    <div class="controls">
      {stopped ? (
        <Button icon="play" look="primary" busy={busy} onClick={() => run("start")}>
          Start
        </Button>
      ) : (
        <Button icon="stop" onClick={() => put("stop")}>
          Stop
        </Button>
      )}
      {!stopped && (
        <Button icon="again" onClick={() => put("restart")}>
          Restart
        </Button>
      )}
      {owner?.managed && (
        <a class="button" href={to("agents", name, "edit")}>
          <Icon name="edit" /> Edit
        </a>
      )}
      {owner?.managed && (
        <Button icon="trash" look="danger" onClick={() => put("delete")}>
          Delete
        </Button>
      )}
      {asked && (
        <Dialog title={`${questions[asked].title} ${name}?`} onClose={() => put(undefined)}>
          <p>{questions[asked].text}</p>
          <div class="dialog-foot">
            <Button onClick={() => put(undefined)}>Cancel</Button>
            <Button look={asked === "restart" ? "primary" : "danger"} busy={busy} onClick={() => run(asked)}>
              {questions[asked].title}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
