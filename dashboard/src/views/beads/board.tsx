import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { claimByBead } from "../../data/derive";
import { beads as all } from "../../data/store";
import type { Bead } from "../../data/types";
import { hrefHere, route } from "../../lib/route";
import { now } from "../../lib/time";
import { say } from "../../lib/toast";
import { HolderName, Priority, Tag } from "../../ui/bits";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { Rows } from "../../ui/rows";
import { filterOf, fits, sorted } from "./filter";
import { COLUMNS, columnOf, moveTo, type ColumnKey, type Move } from "./moves";

/** The bead that is being dragged: every column says what dropping it there would do, or why it cannot. */
const dragged = signal<string | null>(null);
/** The bead whose moves are listed, for the keyboard and for fingers. */
const asked = signal<string | null>(null);

const verdict = (id: string, column: ColumnKey): Move | null => {
  const bead = all.rows.peek().get(id);
  return bead ? moveTo(bead, column, claimByBead.peek().get(id), now.peek()) : null;
};

function perform(id: string, column: ColumnKey): void {
  const move = verdict(id, column);
  if (!move) return;
  if ("why" in move) say(`${id} cannot go there`, "bad", move.why);
  else void move.run();
}

// No pointer moves during a drag: one that does tells of a drag whose card went away before its end.
/** Columns by what can happen next to a bead. A card is dragged, or moved with `m` and Shift with an arrow. */
export function Board({ beads }: { beads: Bead[] }) {
  const { query } = route.value;
  const closed = useMemo(() => {
    const filter = { ...filterOf(query), show: "closed" };
    return sorted([...all.rows.value.values()].filter((bead) => fits(bead, filter, now.peek())), "updated");
  }, [all.rows.value, query]);
  const columns = useMemo(() => {
    const found: Record<ColumnKey, Bead[]> = { ready: [], waiting: [], in_progress: [], closed };
    for (const bead of beads) if (bead.status !== "closed") found[columnOf(bead, now.peek())].push(bead);
    return found;
  }, [beads, closed]);
  return (
    <>
      <div class={`board ${dragged.value ? "is-dragging" : ""}`} tabIndex={0} role="group" aria-label="Board" onPointerMove={() => dragged.peek() && (dragged.value = null)}>
        {COLUMNS.map(({ key, title }) => <BoardColumn key={key} id={key} title={title} beads={columns[key]} />)}
      </div>
      <Moves />
    </>
  );
}

function BoardColumn({ id, title, beads }: { id: ColumnKey; title: string; beads: Bead[] }) {
  const move = dragged.value ? verdict(dragged.value, id) : null;
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    const bead = dragged.peek();
    dragged.value = null;
    if (bead) perform(bead, id);
  };
  return (
    <section
      class={`board-column ${move ? ("why" in move ? "is-refusing" : "is-taking") : ""}`} aria-label={title} onDrop={onDrop}
      onDragOver={(event) => {
        if (!dragged.peek()) return;
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = move && "does" in move ? "move" : "none";
      }}
    >
      <h2>
        {title} <span class="muted">{beads.length}</span>
      </h2>
      {move && <p class="drop-words" role="status">{"why" in move ? move.why : move.does}</p>}
      {beads.length ? <Rows items={beads} keyOf={(bead) => bead.id} label={title} render={(bead) => <Card bead={bead} />} /> : <p class="muted quiet-line">None</p>}
    </section>
  );
}

function onCardKey(event: KeyboardEvent, bead: Bead): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step && event.shiftKey) {
    const to = COLUMNS[COLUMNS.findIndex(({ key }) => key === columnOf(bead, now.peek())) + step];
    if (to) perform(bead.id, to.key);
  } else if (event.key === "m") asked.value = bead.id;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function Card({ bead }: { bead: Bead }) {
  const claim = claimByBead.value.get(bead.id);
  return (
    <div
      class={`board-card ${dragged.value === bead.id ? "is-dragged" : ""}`} draggable onKeyDown={(event) => onCardKey(event, bead)}
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", bead.id);
        // Chromium ends a drag whose card changes before the picture of it was taken.
        setTimeout(() => (dragged.value = bead.id));
      }}
      onDragEnd={() => (dragged.value = null)}
    >
      <a href={hrefHere(bead.id)} data-row draggable={false} aria-keyshortcuts="m Shift+ArrowLeft Shift+ArrowRight">
        <span class="mono bead-id">{bead.id}</span> <span class="card-title" dir="auto" title={bead.title}>{bead.title}</span>
      </a>
      <div class="card-foot">
        <Priority value={bead.priority} />
        {bead.issue_type !== "task" && <Tag tone={`type-${bead.issue_type}`}>{bead.issue_type}</Tag>}
        {bead.blocked && bead.status !== "closed" && <Tag tone="bad">blocked</Tag>}
        {bead.status === "deferred" && <Tag>deferred</Tag>}
        <span class="grow" />
        <span class="clip">{claim ? <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} /> : <span class="muted">{bead.assignee}</span>}</span>
        <button class="button quiet card-move" aria-label={`Move ${bead.id}`} title="Move (m)" onClick={() => (asked.value = bead.id)}>
          <Icon name="move" />
        </button>
      </div>
    </div>
  );
}

/** Where a bead may go, for who does not drag. */
function Moves() {
  const id = asked.value;
  if (!id) return null;
  const bead = all.rows.value.get(id);
  const close = (): void => void (asked.value = null);
  return (
    <Dialog title={`Move ${id}`} onClose={close}>
      <p class="clip" dir="auto">{bead?.title}</p>
      <ul class="moves">
        {COLUMNS.map(({ key, title }) => {
          const move = verdict(id, key);
          const words = !move ? "It is here" : "why" in move ? move.why : move.does;
          return (
            <li key={key}>
              <button class="button" disabled={!move || "why" in move} aria-describedby={`move-${key}`} onClick={() => (close(), perform(id, key))}>{title}</button>
              <span id={`move-${key}`} class="muted">{words}</span>
            </li>
          );
        })}
      </ul>
      <div class="actions end"><button class="button" onClick={close}>Cancel</button></div>
    </Dialog>
  );
}
