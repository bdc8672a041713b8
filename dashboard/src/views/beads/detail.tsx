import { useState } from "preact/hooks";
import { deleteBead, reopenBead, updateBead } from "../../data/actions";
import { claimByBead, isStale } from "../../data/derive";
import { askToClose, askToRelease, askToTake } from "../../data/questions";
import { beads, me, workspaces } from "../../data/store";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { go, href, hrefHere, route } from "../../lib/route";
import { Ago, HolderName, Loading, Priority, Problem, Status, Tag } from "../../ui/bits";
import { ask } from "../../ui/dialog";
import { Markdown } from "../../ui/markdown";
import { Comments } from "./comments";
import type { BeadFull } from "./detail-types";
import { EditBead } from "./edit";
import { History } from "./history";
import { Links } from "./links";
import { Subscription } from "./subscription";

const back = (): void => go("beads", null, Object.fromEntries(route.peek().query));

export function BeadDetail({ id }: { id: string }) {
  const [editing, setEditing] = useState(false);
  const found = useResource(`bead ${id}`, () => rpc<BeadFull>("show_bead", { id }), [`bead:${id}`]);
  const full = found.data;
  if (!full) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  // The list knows of a change before the detail is read again.
  const bead = { ...full, ...beads.get(id) };
  if (editing) return <EditBead bead={bead} onDone={() => setEditing(false)} />;
  return (
    <article class="detail">
      <p class="detail-head">
        <span class="mono">{bead.id}</span> <Status status={bead.status} blocked={bead.blocked} /> <Priority value={bead.priority} /> <Tag>{bead.issue_type}</Tag>
        {bead.labels.map((label) => (
          <Tag key={label}>{label}</Tag>
        ))}
      </p>
      <h2 class="detail-title">{bead.title}</h2>
      <Held bead={bead} />
      <Actions bead={bead} onEdit={() => setEditing(true)} />
      {bead.parent && (
        <p class="muted">
          in <a href={hrefHere(bead.parent.id)}>{bead.parent.title ?? bead.parent.id}</a>
        </p>
      )}
      <Text title="" text={bead.description} />
      <Text title="Acceptance criteria" text={bead.acceptance_criteria} />
      <Text title="Design" text={bead.design} />
      <Text title="Notes" text={bead.notes} />
      <Text title="Closed because" text={bead.close_reason} />
      <Links bead={bead} />
      <Comments id={id} comments={bead.comments} />
      <History bead={bead} />
      <p class="muted small">
        Created <Ago at={bead.created_at} /> {bead.created_by && `by ${bead.created_by}`} · changed <Ago at={bead.updated_at} />
        {bead.external_ref && ` · ${bead.external_ref}`}
        {bead.estimated_minutes ? ` · ${bead.estimated_minutes} min` : ""}
      </p>
    </article>
  );
}

function Text({ title, text }: { title: string; text: string | null }) {
  if (!text) return null;
  return (
    <section class="text-part">
      {title && <h3>{title}</h3>}
      <Markdown text={text} />
    </section>
  );
}

function Held({ bead }: { bead: BeadFull }) {
  const claim = claimByBead.value.get(bead.id);
  if (!claim) return bead.assignee && bead.status !== "closed" ? <p class="muted">assigned to {bead.assignee}</p> : null;
  const seen = workspaces.get(claim.holder_id)?.last_seen;
  return (
    <p class="held">
      Worked on by <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} /> since <Ago at={claim.claimed_at} />
      {seen && (
        <span class="muted">
          {" "}
          (seen <Ago at={seen} />)
        </span>
      )}
      {isStale(claim) && <Tag tone="warn">stale</Tag>}
    </p>
  );
}

async function remove(id: string): Promise<void> {
  const reason = await ask({ title: `Delete ${id}`, text: "It disappears from every list and cannot be brought back here.", label: "Reason", confirm: "Delete", danger: true });
  if (reason !== null && (await deleteBead(id, reason))) back();
}

function Actions({ bead, onEdit }: { bead: BeadFull; onEdit: () => void }) {
  const claim = claimByBead.value.get(bead.id);
  const isMine = claim?.holder_id === me.value?.actor?.id;
  const isClosed = bead.status === "closed";
  return (
    <div class="actions">
      {!isClosed && !isMine && (
        <button class="button" onClick={() => void askToTake(bead.id, claim)}>
          {claim ? "Take over" : "Claim"}
        </button>
      )}
      {claim && (
        <button class="button" onClick={() => void askToRelease(claim)}>
          Release
        </button>
      )}
      {isClosed ? (
        <button class="button" onClick={() => void reopenBead(bead.id)}>
          Reopen
        </button>
      ) : (
        <button class="button" onClick={() => void askToClose(bead.id, claim)}>
          Close
        </button>
      )}
      <button class="button" onClick={onEdit}>
        Edit
      </button>
      {bead.status === "open" && (
        <button class="button" onClick={() => void updateBead(bead.id, { status: "deferred" })}>
          Defer
        </button>
      )}
      {bead.status === "deferred" && (
        <button class="button" onClick={() => void updateBead(bead.id, { status: "open" })}>
          Back to open
        </button>
      )}
      <a class="button" href={href("beads", null, { as: "graph", show: "all", focus: bead.id })}>
        Graph
      </a>
      <Subscription id={bead.id} />
      <button class="button quiet danger-text" onClick={() => void remove(bead.id)}>
        Delete
      </button>
    </div>
  );
}
