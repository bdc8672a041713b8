import { useMemo } from "preact/hooks";
import { claimByBead, isReady } from "../../data/derive";
import { updateBead } from "../../data/actions";
import { beads as all } from "../../data/store";
import type { Bead } from "../../data/types";
import { hrefHere, route } from "../../lib/route";
import { now } from "../../lib/time";
import { HolderName, Priority, Tag } from "../../ui/bits";
import { Rows } from "../../ui/rows";
import { filterOf, fits, sorted } from "./filter";

type Column = { key: string; title: string; drop: string | null; has: (bead: Bead) => boolean };
const isOther = (bead: Bead): boolean => !["open", "in_progress", "closed", "blocked", "deferred"].includes(bead.status);
const COLUMNS: Column[] = [
  { key: "ready", title: "Ready", drop: "open", has: (bead) => isReady(bead, now.peek()) },
  { key: "waiting", title: "Waiting", drop: "deferred", has: (bead) => bead.status !== "in_progress" && bead.status !== "closed" && !isReady(bead, now.peek()) },
  { key: "in_progress", title: "In progress", drop: null, has: (bead) => bead.status === "in_progress" },
  { key: "closed", title: "Closed", drop: "closed", has: (bead) => bead.status === "closed" || isOther(bead) },
];

/** Columns by what can happen next to a bead. Dragging changes the status; claiming is a button of the detail. */
export function Board({ beads }: { beads: Bead[] }) {
  const { query } = route.value;
  const closed = useMemo(() => {
    const filter = { ...filterOf(query), show: "closed" };
    return sorted([...all.rows.value.values()].filter((bead) => fits(bead, filter, now.peek())), "updated");
  }, [all.rows.value, query]);
  const open = beads.filter((bead) => bead.status !== "closed");
  return (
    <div class="board" tabIndex={0} role="group" aria-label="Board">
      {COLUMNS.map((column) => (
        <BoardColumn key={column.key} column={column} beads={column.key === "closed" ? closed : open.filter(column.has)} />
      ))}
    </div>
  );
}

function drop(event: DragEvent, status: string): void {
  event.preventDefault();
  const id = event.dataTransfer?.getData("text/plain");
  if (id && all.rows.peek().get(id)?.status !== status) void updateBead(id, { status });
}

function BoardColumn({ column, beads }: { column: Column; beads: Bead[] }) {
  const status = column.drop;
  return (
    <section class="board-column" aria-label={column.title} onDragOver={(event) => status && event.preventDefault()} onDrop={(event) => status && drop(event, status)}>
      <h2>
        {column.title} <span class="muted">{beads.length}</span>
      </h2>
      {beads.length ? <Rows items={beads} keyOf={(bead) => bead.id} label={column.title} render={(bead) => <Card bead={bead} />} /> : <p class="muted quiet-line">None</p>}
    </section>
  );
}

function Card({ bead }: { bead: Bead }) {
  const claim = claimByBead.value.get(bead.id);
  return (
    <div class="board-card" draggable onDragStart={(event) => event.dataTransfer?.setData("text/plain", bead.id)}>
      <a href={hrefHere(bead.id)} data-row>
        <span class="mono bead-id">{bead.id}</span> <span class="card-title">{bead.title}</span>
      </a>
      <div class="card-foot">
        <Priority value={bead.priority} />
        {bead.issue_type !== "task" && <Tag tone={`type-${bead.issue_type}`}>{bead.issue_type}</Tag>}
        {bead.blocked && bead.status !== "closed" && <Tag tone="bad">blocked</Tag>}
        {bead.status === "deferred" && <Tag>deferred</Tag>}
        <span class="grow" />
        {claim ? <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} /> : <span class="muted">{bead.assignee}</span>}
      </div>
    </div>
  );
}
