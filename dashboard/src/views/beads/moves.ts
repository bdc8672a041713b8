import { reopenBead, updateBead } from "../../data/actions";
import { isReady } from "../../data/derive";
import { askToClose, askToRelease, askToTake } from "../../data/questions";
import { me } from "../../data/store";
import type { Bead, Claim } from "../../data/types";

export type ColumnKey = "ready" | "waiting" | "in_progress" | "closed";
export const COLUMNS: { key: ColumnKey; title: string }[] = [
  { key: "ready", title: "Ready" },
  { key: "waiting", title: "Waiting" },
  { key: "in_progress", title: "In progress" },
  { key: "closed", title: "Closed" },
];

export function columnOf(bead: Bead, at: number): ColumnKey {
  if (bead.status === "in_progress" || bead.status === "closed") return bead.status;
  return isReady(bead, at) ? "ready" : "waiting";
}

/** What putting a bead into a column does, in words and as a deed; or why it cannot be done. */
export type Move = { does: string; run: () => Promise<unknown> } | { why: string };

const why = (text: string): Move => ({ why: text });

/** Nothing for the column it is in. */
export function moveTo(bead: Bead, column: ColumnKey, claim: Claim | undefined, at: number): Move | null {
  if (columnOf(bead, at) === column) return null;
  const { id } = bead;
  const holder = claim && claim.holder_id !== me.peek()?.actor?.id ? claim.holder_name : null;
  if (column === "closed") return { does: holder ? `Close it; ${holder} is told why` : "Close it", run: () => askToClose(id, claim) };
  if (column === "in_progress") return toProgress(bead, claim);
  if (column === "ready") return toReady(bead, claim, holder);
  if (bead.status === "closed") return why("It is closed: reopen it first");
  if (holder) return why(`${holder} works on it: release it first`);
  return { does: claim ? "Release and defer it" : "Defer it", run: () => updateBead(id, { status: "deferred" }) };
}

function toProgress(bead: Bead, claim: Claim | undefined): Move {
  if (bead.status === "closed") return why("It is closed: reopen it first");
  if (bead.blocked) return why("It is blocked: close what it waits for first");
  return { does: "Claim it for yourself", run: () => askToTake(bead.id, claim) };
}

function toReady(bead: Bead, claim: Claim | undefined, holder: string | null): Move {
  const { id } = bead;
  if (bead.status === "closed") return bead.blocked ? why("It would be blocked: close what it waits for first") : { does: "Reopen it", run: () => reopenBead(id) };
  if (bead.blocked) return why("It is blocked until what it waits for is closed");
  if (claim) return { does: holder ? `Release it; ${holder} is told why` : "Release it", run: () => askToRelease(claim) };
  return { does: "Make it ready", run: () => updateBead(id, { status: "open", defer_until: null }) };
}
