import { useSignal } from "@preact/signals";
import { claimsByHolder, isStale, lastEventOf, locksByHolder, nameOf, team, waitByWaiter } from "../../data/derive";
import { beads } from "../../data/store";
import type { Claim, Lock, Presence, Workspace } from "../../data/types";
import { beadTitle, phrase } from "../../data/words";
import { href } from "../../lib/route";
import { second, span } from "../../lib/time";
import { Ago, BeadLink, Empty, PresenceDot, Tag } from "../../ui/bits";
import { Rows } from "../../ui/rows";

type Shown = Workspace & { presence: Presence };

/** Every agent on one line or two: who, on what, holding which files, when it last did something. */
export function Agents() {
  const filter = useSignal("");
  const words = filter.value.toLowerCase();
  const shown = team.value.filter((one) => `${one.alias} ${one.role} ${one.human_name ?? ""} ${one.branch ?? ""}`.toLowerCase().includes(words));
  return (
    <section class="panel agents" aria-label="Agents">
      <header class="panel-head">
        <h2>Agents</h2>
        <input type="search" placeholder="Filter agents" aria-label="Filter agents" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
      </header>
      {shown.length ? (
        <Rows items={shown} keyOf={(one) => one.id} label="Agents" render={(one) => <Agent agent={one} />} />
      ) : (
        <Empty title={team.value.length ? "No agent is called that" : "No agents yet"}>
          {team.value.length === 0 && <a href="#/start">Bring one in</a>}
        </Empty>
      )}
    </section>
  );
}

function Agent({ agent }: { agent: Shown }) {
  const held = claimsByHolder.value.get(agent.id) ?? [];
  const files = locksByHolder.value.get(agent.id) ?? [];
  return (
    <article class={`agent-row is-${agent.presence}`}>
      <div class="agent-who">
        <PresenceDot lastSeen={agent.last_seen} />
        <a class="agent strong" href={href("agents", agent.alias)} data-row>
          {agent.alias}
        </a>
        <span class="muted">{agent.human_name}</span>
      </div>
      <div class="agent-work">
        <Work claims={held} />
        <Waiting id={agent.id} />
        <FilesHeld locks={files} />
      </div>
      <div class="agent-last muted">
        <LastSeen agent={agent} />
      </div>
    </article>
  );
}

function Work({ claims }: { claims: Claim[] }) {
  const first = claims[0];
  if (!first) return <span class="muted">no claim</span>;
  const epic = first.apex_id !== first.bead_id ? (beads.get(first.apex_id)?.title ?? first.apex_id) : null;
  return (
    <div class="agent-claim">
      <BeadLink id={first.bead_id} title={first.title} />
      {isStale(first) && <Tag tone="warn">stale</Tag>}
      {epic && <span class="muted epic">in {epic}</span>}
      {claims.length > 1 && <span class="muted">+{claims.length - 1}</span>}
    </div>
  );
}

function Waiting({ id }: { id: string }) {
  const wait = waitByWaiter.value.get(id);
  if (!wait) return null;
  return (
    <a class="tone-info" href={href("chat", wait.session_id)}>
      waiting {span((second.value - Date.parse(wait.opened_at)) / 1000)} for {wait.targets.map(nameOf).join(", ")}
    </a>
  );
}

function FilesHeld({ locks }: { locks: Lock[] }) {
  if (!locks.length) return null;
  return (
    <div class="agent-files mono" title={locks.map((lock) => lock.path).join("\n")}>
      {locks.slice(0, 2).map((lock) => lock.path + (lock.is_directory ? "/" : "")).join("  ")}
      {locks.length > 2 && ` +${locks.length - 2}`}
    </div>
  );
}

function LastSeen({ agent }: { agent: Shown }) {
  const event = lastEventOf.value.get(agent.id);
  return (
    <>
      <Ago at={agent.last_seen} />
      {event && (
        <span class="last-did" title={`${phrase(event)} ${beadTitle(event)}`.trim()}>
          {phrase(event)} {event.entity.type === "bead" ? <span class="mono">{event.entity.id}</span> : null}
        </span>
      )}
    </>
  );
}
