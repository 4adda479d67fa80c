import { useSignalEffect } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { locked } from "./api/session.ts";
import { link } from "./live/link.ts";
import { route } from "./live/route.ts";
import { AgentPage } from "./pages/agent.tsx";
import { Banner } from "./pages/banner.tsx";
import { AddPage, EditPage } from "./pages/edit.tsx";
import { FleetPage } from "./pages/fleet.tsx";
import { Header } from "./pages/header.tsx";
import { LoginPage } from "./pages/login.tsx";
import { Overview } from "./pages/overview.tsx";
import { ProcessPage } from "./pages/process.tsx";
import { Empty } from "./parts/say.tsx";
import { Toasts } from "./parts/toast.tsx";

export function App() {
  const main = useRef<HTMLElement>(null);
  const place = route.value.slice(0, 2).join("/");
  const first = useRef(true);
  useSignalEffect(() => {
    document.documentElement.dataset["link"] = link.value.state;
  });
  useEffect(() => {
    // Whoever listens to the page hears where they are now; the first page is read anyway.
    if (!first.current) main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
    const heading = main.current?.querySelector("h1")?.textContent;
    document.title = heading ? `${heading} · Outrider` : "Outrider";
  }, [place, locked.value]);
  if (locked.value) return <LoginPage refused={locked.value === "refused"} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header />
      <Banner />
      <main id="main" ref={main} tabIndex={-1}>
        {pageOf(route.value)}
      </main>
      <Toasts />
    </>
  );
}

function pageOf([page, name, tab]: readonly string[]): ComponentChild {
  if (page === undefined || (page === "agents" && name === undefined)) return <Overview />;
  if (page === "agents" && tab === "edit") return <EditPage key={name} name={name!} />;
  if (page === "agents") return <AgentPage key={name} name={name!} tab={tab ?? "now"} />;
  if (page === "add") return <AddPage key={name} kind={name} />;
  if (page === "fleet") return <FleetPage />;
  if (page === "process") return <ProcessPage />;
  return (
    <>
      <h1 tabIndex={-1}>Nothing here</h1>
      <Empty title="There is no such page">
        <a class="button" href="#/">
          All agents
        </a>
      </Empty>
    </>
  );
}
