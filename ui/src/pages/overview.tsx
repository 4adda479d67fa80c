import { known } from "../live/agents.ts";
import { link } from "../live/link.ts";
import { plural } from "../look/format.ts";
import { Icon } from "../look/icons.tsx";
import { Mark, standings } from "../look/standing.tsx";
import { Button } from "../parts/button.tsx";
import { Empty, Loading } from "../parts/say.tsx";
import { Windowed } from "../parts/windowed.tsx";
import {
  byKind,
  byStanding,
  chosen,
  forgetChoice,
  type Order,
  order,
  search,
  total,
  wantedKind,
  wantedStanding,
} from "./choice.ts";
import { Row } from "./row.tsx";

/** Every agent at one glance. */
export function Overview() {
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Agents</h1>
        <a class="button primary" href="#/add">
          <Icon name="plus" /> Add an agent
        </a>
      </div>
      {known.value ? <Body /> : <Waiting />}
    </>
  );
}

function Waiting() {
  if (link.value.state === "lost") return <Empty title="Outrider has not answered yet" />;
  return <Loading lines={6} what="Loading agents" />;
}

function Body() {
  if (total.value === 0) {
    return (
      <Empty title="No agents yet">
        <p>
          An agent does one job: serves redirects, relays flags, answers HAProxy, pushes a queue's events. Add
          one here, or write it into <code>outrider.yaml</code>.
        </p>
        <a class="button primary" href="#/add">
          Add the first one
        </a>
      </Empty>
    );
  }
  return (
    <>
      <Filters />
      <p class="only-readers" role="status">
        {plural(chosen.value.length, "agent")} shown
      </p>
      <List />
    </>
  );
}

function List() {
  const agents = chosen.value;
  if (agents.length === 0) {
    return (
      <Empty title="Nothing fits">
        <Button onClick={forgetChoice}>Show all agents</Button>
      </Empty>
    );
  }
  return (
    <>
      <div class="row row-head" aria-hidden="true">
        <span>Agent</span>
        <span>State</span>
        <span>What it says</span>
        <span class="right">Freshness</span>
        <span class="right">Items a second</span>
      </div>
      <Windowed items={agents} itemKey={({ name }) => name} label="Agents">
        {({ name }) => <Row name={name} />}
      </Windowed>
    </>
  );
}

function Filters() {
  return (
    <div class="filters">
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search agents"
          placeholder="Search by name, kind or reason"
          value={search.value}
          onInput={({ currentTarget }) => {
            search.value = currentTarget.value;
          }}
        />
      </div>
      <fieldset class="chips">
        <legend class="only-readers">State</legend>
        <Chip on={wantedStanding.value === undefined} onClick={() => (wantedStanding.value = undefined)}>
          All <b>{total.value}</b>
        </Chip>
        {standings
          .filter((standing) => byStanding.value.has(standing) || wantedStanding.value === standing)
          .map((standing) => (
            <Chip
              key={standing}
              on={wantedStanding.value === standing}
              onClick={() =>
                (wantedStanding.value = wantedStanding.value === standing ? undefined : standing)
              }
            >
              <Mark state={standing} /> {standing} <b>{byStanding.value.get(standing) ?? 0}</b>
            </Chip>
          ))}
      </fieldset>
      <div class="selects">
        <label>
          <span>Kind</span>
          <select
            value={wantedKind.value ?? ""}
            onChange={({ currentTarget }) => (wantedKind.value = currentTarget.value || undefined)}
          >
            <option value="">all</option>
            {[...byKind.value.keys()].sort().map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Order</span>
          <select
            value={order.value}
            onChange={({ currentTarget }) => (order.value = currentTarget.value as Order)}
          >
            <option value="state">worst first</option>
            <option value="name">by name</option>
            <option value="rate">busiest first</option>
            <option value="age">furthest behind</option>
          </select>
        </label>
      </div>
    </div>
  );
}

function Chip(props: { on: boolean; onClick: () => void; children: preact.ComponentChildren }) {
  return (
    <button type="button" class="chip" aria-pressed={props.on} onClick={props.onClick}>
      {props.children}
    </button>
  );
}
