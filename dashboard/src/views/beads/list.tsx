import { claimByBead, isStale } from "../../data/derive";
import { beads as all } from "../../data/store";
import type { Bead } from "../../data/types";
import { hrefHere, route } from "../../lib/route";
import { Ago, Empty, HolderName, Priority, Status, Tag } from "../../ui/bits";
import { Rows } from "../../ui/rows";

export function BeadList({ beads }: { beads: Bead[] }) {
  if (!beads.length) {
    const isEmpty = all.loaded.value && all.rows.value.size === 0;
    return (
      <Empty title={isEmpty ? "No beads yet" : "No bead fits"}>
        {isEmpty && <p class="muted">Create one here, with <code>bdh create</code>, or bring them along with <code>bdh import</code>.</p>}
      </Empty>
    );
  }
  return <Rows items={beads} keyOf={(bead) => bead.id} label="Beads" render={(bead) => <BeadRow bead={bead} />} />;
}

export function BeadRow({ bead }: { bead: Bead }) {
  const claim = claimByBead.value.get(bead.id);
  return (
    <div class={`bead-row row ${route.value.id === bead.id ? "is-open" : ""}`}>
      <Priority value={bead.priority} />
      <a class="bead-main" href={hrefHere(bead.id)} data-row aria-current={route.value.id === bead.id ? "true" : undefined}>
        <span class="mono bead-id">{bead.id}</span> <span class="bead-title" title={bead.title}>{bead.title}</span>
      </a>
      <span class="bead-tags">
        {bead.issue_type !== "task" && <Tag tone={`type-${bead.issue_type}`}>{bead.issue_type}</Tag>}
        {bead.labels.slice(0, 2).map((label) => (
          <Tag key={label} title={label}>{label}</Tag>
        ))}
        {bead.labels.length > 2 && <span class="muted small" title={bead.labels.join(", ")}>+{bead.labels.length - 2}</span>}
      </span>
      <span class="bead-holder">
        {claim ? (
          <>
            <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} />
            {isStale(claim) && <Tag tone="warn">stale</Tag>}
          </>
        ) : (
          <span class="muted">{bead.assignee}</span>
        )}
      </span>
      <Status status={bead.status} blocked={bead.blocked} />
      <span class="row-time muted">
        <Ago at={bead.updated_at} />
      </span>
    </div>
  );
}
