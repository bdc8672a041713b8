import { claimsByHolder, locksByHolder, team, waitByWaiter } from "../data/derive";
import { releaseLocks } from "../data/actions";
import { events, repos } from "../data/store";
import { rpc } from "../lib/api";
import type { BdhEvent } from "../data/types";
import { useResource } from "../lib/resource";
import { href, route } from "../lib/route";
import { Ago, Empty, Heading, PresenceDot, Tag } from "../ui/bits";
import { ClaimRow } from "./claims";
import { EventLine } from "./overview/activity";
import { LockRow } from "./files/lock-row";

const LAST = 100;

/** One agent: where it runs, what it holds, what it did. */
export function AgentView() {
  const alias = route.value.id;
  const agent = team.value.find((one) => one.alias === alias);
  if (!agent) return <Empty title={`There is no agent ${alias ?? ""}`}><a href="#/overview">Back to the overview</a></Empty>;
  const held = claimsByHolder.value.get(agent.id) ?? [];
  const files = locksByHolder.value.get(agent.id) ?? [];
  const wait = waitByWaiter.value.get(agent.id);
  const repo = repos.get(agent.repo_id);
  const facts: [string, string | null | undefined][] = [
    ["Role", agent.role], ["Human", agent.human_name], ["Repository", repo?.name], ["Branch", agent.branch],
    ["Directory", agent.path], ["Machine", agent.hostname], ["Host", agent.host], ["Focus", agent.focus],
  ];
  return (
    <div class="view page">
      <Heading title={agent.alias}>
        <span class="agent-state">
          <PresenceDot lastSeen={agent.last_seen} /> {agent.presence}, seen <Ago at={agent.last_seen} />
          {wait && <Tag tone="info">waiting in chat</Tag>}
        </span>
        <span class="grow" />
        <a class="button" href={href("chat", "new", { to: agent.alias })}>Chat</a>
        <a class="button" href={href("mail", "new", { to: agent.alias })}>Mail</a>
      </Heading>
      <dl class="facts">
        {facts.map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd class={name === "Directory" || name === "Branch" ? "mono" : ""}>{value}</dd></div>)}
        <div><dt>Joined</dt><dd><Ago at={agent.created_at} /></dd></div>
      </dl>
      <section class="panel">
        <header class="panel-head"><h2>Claims</h2></header>
        {held.length ? held.map((claim) => <ClaimRow key={claim.id} claim={claim} hideHolder />) : <p class="muted quiet-line">None</p>}
      </section>
      <section class="panel">
        <header class="panel-head">
          <h2>Files</h2>
          {files.length > 1 && <button class="button" onClick={() => void releaseLocks(files)}>Release all {files.length}</button>}
        </header>
        {files.length ? files.map((lock) => <LockRow key={lock.id} lock={lock} hideHolder />) : <p class="muted quiet-line">None</p>}
      </section>
      <Did id={agent.id} />
    </div>
  );
}

function Did({ id }: { id: string }) {
  const known = events.value.filter((event) => event.actor.id === id);
  const more = useResource(known.length ? null : `events of ${id}`, () => rpc<{ events: BdhEvent[] }>("list_events", { entity_type: "workspace", entity_id: id, limit: LAST }));
  const shown = (known.length ? known : (more.data?.events ?? [])).slice(-LAST).reverse();
  return (
    <section class="panel">
      <header class="panel-head"><h2>Activity</h2></header>
      {shown.map((event) => <EventLine key={event.id} event={event} />)}
      {!shown.length && <p class="muted quiet-line">Nothing lately</p>}
    </section>
  );
}

