import { useSignal } from "@preact/signals";
import { escalations } from "../../data/store";
import { pending } from "../../data/derive";
import type { Escalation } from "../../data/types";
import { hrefHere, route } from "../../lib/route";
import { ActorName, Ago, Empty, Heading, Tag } from "../../ui/bits";
import { Rows } from "../../ui/rows";
import { Split } from "../../ui/split";
import { EscalationDetail } from "./detail";
import { allowNotifications, permission } from "./notify";

/** Questions of agents to the humans; those that wait come first, oldest first. */
export function Escalations() {
  const isClosedShown = useSignal(false);
  const open = pending.value;
  const isOpen = new Set(open.map((row) => row.id));
  const closed = escalations.list().filter((row) => !isOpen.has(row.id)).sort((a, b) => b.created_at.localeCompare(a.created_at));
  const shown = isClosedShown.value ? closed : open;
  const { id } = route.value;
  return (
    <div class="view full">
      <Heading title="Escalations">
        <div class="segments" role="group" aria-label="Which questions">
          <button aria-pressed={!isClosedShown.value} onClick={() => (isClosedShown.value = false)}>Waiting {open.length}</button>
          <button aria-pressed={isClosedShown.value} onClick={() => (isClosedShown.value = true)}>Closed {closed.length}</button>
        </div>
        <span class="grow" />
        {permission.value === "default" && <button class="button" onClick={() => void allowNotifications()}>Notify me in this browser</button>}
      </Heading>
      <Split
        label="Escalation"
        list={
          shown.length ? (
            <Rows items={shown} keyOf={(row) => row.id} label="Escalations" render={(row) => <EscalationRow row={row} />} />
          ) : (
            <Empty title={isClosedShown.value ? "No question was closed yet" : "No question waits for an answer"} />
          )
        }
        detail={id ? <EscalationDetail key={id} id={id} /> : null}
      />
    </div>
  );
}

function EscalationRow({ row }: { row: Escalation }) {
  return (
    <div class={`row talk-row ${route.value.id === row.id ? "is-open" : ""}`}>
      <a class="row-main two-lines" href={hrefHere(row.id)} data-row aria-current={route.value.id === row.id ? "true" : undefined}>
        <span class="strong">{row.subject}</span>
        <span class="muted clip">{row.answer ?? row.situation}</span>
      </a>
      <span class="row-holder"><ActorName actor={row.asker} /></span>
      <span class="row-state">{row.status !== "pending" && <Tag tone={row.status === "answered" ? "ok" : ""}>{row.status}</Tag>}</span>
      <span class="row-time muted"><Ago at={row.closed_at ?? row.created_at} /></span>
    </div>
  );
}
