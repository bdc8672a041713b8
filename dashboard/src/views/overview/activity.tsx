import { useSignal } from "@preact/signals";
import { escalations } from "../../data/store";
import type { BdhEvent } from "../../data/types";
import { beadTitle, eventTone, phrase } from "../../data/words";
import { href } from "../../lib/route";
import { ActorName, Ago, BeadLink, Empty } from "../../ui/bits";
import { Rows } from "../../ui/rows";

const KINDS = [
  ["", "All"],
  ["work", "Beads"],
  ["claim", "Claims"],
  ["lock", "Files"],
  ["talk", "Talk"],
  ["ask", "Questions"],
  ["admin", "Team"],
] as const;

/** The log, newest first. */
export function Activity({ events }: { events: BdhEvent[] }) {
  const kind = useSignal("");
  const shown = (kind.value ? events.filter((event) => eventTone(event.type) === kind.value) : events).slice().reverse();
  return (
    <section class="panel activity" aria-label="Activity">
      <header class="panel-head">
        <h2>Activity</h2>
        <div class="segments" role="group" aria-label="Kind of activity">
          {KINDS.map(([value, text]) => (
            <button key={value} aria-pressed={kind.value === value} onClick={() => (kind.value = value)}>
              {text}
            </button>
          ))}
        </div>
      </header>
      {shown.length ? <Rows items={shown} keyOf={(event) => event.id} label="Events" render={(event) => <EventLine event={event} />} /> : <Empty title="Nothing has happened yet" />}
    </section>
  );
}

export function EventLine({ event }: { event: BdhEvent }) {
  return (
    <div class="event-line">
      <span class={`event-mark mark-${eventTone(event.type)}`} aria-hidden="true" />
      <span class="event-text">
        <ActorName actor={event.actor} /> {phrase(event)} <Entity event={event} />
      </span>
      <span class="muted event-time">
        <Ago at={event.at} />
      </span>
    </div>
  );
}

function Entity({ event }: { event: BdhEvent }) {
  const { type, id } = event.entity;
  if (type === "bead") return <BeadLink id={id} title={beadTitle(event)} />;
  if (type === "chat") return <a class="open-link" href={href("chat", id)}>read</a>;
  if (type === "escalation") return <a class="open-link" href={href("escalations", id)}>{escalations.get(id)?.subject ?? "read"}</a>;
  if (type === "mail") return <a class="open-link" href={href("mail", id)}>read</a>;
  return null;
}
