import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { liveWaits, nameOf, pending, recentConflicts, staleClaims, waitsForMe } from "../../data/derive";
import { me } from "../../data/store";
import { phrase } from "../../data/words";
import { href } from "../../lib/route";
import { second, span } from "../../lib/time";
import { Ago, ActorName, BeadLink, HolderName } from "../../ui/bits";

const MOST = 6;
const MOST_STALE = 3;
type Row = { key: string; tone: string; kind: string; body: ComponentChildren; to: string; action: string };

function escalationRows(): Row[] {
  return pending.value.map((row) => ({
    key: row.id, tone: "warn", kind: "question", to: href("escalations", row.id), action: "Answer",
    body: (
      <>
        <ActorName actor={row.asker} /> asks: <b>{row.subject}</b> <span class="muted"><Ago at={row.created_at} /></span>
      </>
    ),
  }));
}

function waitRows(): Row[] {
  const mine = new Set(waitsForMe.value.map((wait) => wait.id));
  return [...waitsForMe.value, ...liveWaits.value.filter((wait) => !mine.has(wait.id))].map((wait) => ({
    key: wait.id, tone: mine.has(wait.id) ? "bad" : "info", kind: "waiting", to: href("chat", wait.session_id), action: mine.has(wait.id) ? "Reply" : "Watch",
    body: (
      <>
        <ActorName actor={wait.waiter} /> has waited {span((second.value - Date.parse(wait.opened_at)) / 1000)} for{" "}
        <b>{wait.targets.map((id) => (id === me.value?.actor?.id ? "you" : nameOf(id))).join(", ")}</b>
      </>
    ),
  }));
}

function staleRows(): Row[] {
  if (staleClaims.value.length > MOST_STALE) {
    const held = staleClaims.value.length;
    return [{ key: "stale", tone: "warn", kind: "stale claims", to: href("claims", null, { show: "stale" }), action: "Look", body: `${held} claims are held by agents that are away` }];
  }
  return staleClaims.value.map((claim) => ({
    key: claim.id, tone: "warn", kind: "stale claim", to: href("claims", null, { show: "stale" }), action: "Look",
    body: (
      <>
        <BeadLink id={claim.bead_id} title={claim.title} /> is held by <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} />, away
      </>
    ),
  }));
}

function conflictRows(): Row[] {
  const event = recentConflicts.value.at(-1);
  if (!event) return [];
  const earlier = recentConflicts.value.length - 1;
  const body = (
    <>
      <ActorName actor={event.actor} /> {phrase(event)} <span class="muted"><Ago at={event.at} />{earlier > 0 && `, and ${earlier} more lately`}</span>
    </>
  );
  return [{ key: "conflicts", tone: "info", kind: "lock conflict", to: href("files"), action: "Look", body }];
}

/** What needs attention, the most pressing first; a calm line when nothing does. */
export function Attention() {
  const all = useSignal(false);
  const waiting = waitRows();
  const rows = [...waiting.filter((row) => row.tone === "bad"), ...escalationRows(), ...waiting.filter((row) => row.tone !== "bad"), ...staleRows(), ...conflictRows()];
  if (!rows.length) return <p class="all-quiet">Nothing needs you.</p>;
  return (
    <section class="attention" aria-label="Needs attention">
      <ul>
        {(all.value ? rows : rows.slice(0, MOST)).map((row) => (
          <li key={row.key}>
            <span class={`kind tone-${row.tone}`}>{row.kind}</span>
            <span class="attention-body">{row.body}</span>
            <a class="button" href={row.to}>
              {row.action}
            </a>
          </li>
        ))}
      </ul>
      {rows.length > MOST && (
        <p class="more">
          <button class="button quiet" aria-expanded={all.value} onClick={() => (all.value = !all.value)}>{all.value ? "Show fewer" : `Show ${rows.length - MOST} more`}</button>
        </p>
      )}
    </section>
  );
}
