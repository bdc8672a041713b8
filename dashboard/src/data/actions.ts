import { rpc } from "../lib/api";
import { serverIso } from "../lib/time";
import { attempt } from "../lib/toast";
import { beads, claims, escalations, locks, me, touch, workspaces } from "./store";
import { need, flush } from "./needs";
import type { Bead, Claim, Escalation, Lock } from "./types";

/** What a human does here. Shown at once, taken back visibly when the database refuses. */
const key = (): string => crypto.randomUUID();

function refreshBead(id: string): void {
  need.bead(id);
  need.topic(`bead:${id}`);
  void flush();
}

export async function updateBead(id: string, changes: Partial<Bead> & Record<string, unknown>): Promise<boolean> {
  const shown = Object.fromEntries(Object.entries(changes).filter(([name]) => name in (beads.rows.peek().get(id) ?? {})));
  const undo = beads.patch(id, shown);
  const done = await attempt(() => rpc("update_beads", { ids: [id], changes }), undefined, undo);
  refreshBead(id);
  return done !== undefined;
}

export async function createBead(fields: Record<string, unknown>): Promise<string | undefined> {
  const made = await attempt(() => rpc<{ id: string }>("create_bead", { ...fields, idempotency_key: key() }));
  if (made) refreshBead(made.id);
  return made?.id;
}

export async function closeBead(id: string, reason: string | null, jumpIn: boolean): Promise<boolean> {
  const undo = beads.patch(id, { status: "closed" });
  const args = { ids: [id], reason, jump_in: jumpIn, jump_in_reason: jumpIn ? reason : null };
  const done = await attempt(
    () => rpc<{ unblocked: { id: string }[] }>("close_beads", args),
    undefined,
    undo,
  );
  for (const one of done?.unblocked ?? []) need.bead(one.id);
  refreshBead(id);
  return done !== undefined;
}

export async function reopenBead(id: string): Promise<void> {
  const undo = beads.patch(id, { status: "open" });
  await attempt(() => rpc("reopen_beads", { ids: [id] }), undefined, undo);
  refreshBead(id);
}

export async function deleteBead(id: string, reason: string): Promise<boolean> {
  const undo = beads.patch(id, null);
  const done = await attempt(() => rpc("delete_beads", { ids: [id], reason }), `${id} is deleted`, undo);
  refreshBead(id);
  return done !== undefined;
}

export async function claimBead(id: string, jumpInReason: string | null): Promise<boolean> {
  const undo = beads.patch(id, { status: "in_progress", assignee: me.peek()?.actor?.name ?? null });
  const args = { bead_id: id, jump_in: jumpInReason !== null, reason: jumpInReason };
  const done = await attempt(() => rpc("claim_bead", args), `${id} is yours`, undo);
  refreshBead(id);
  return done !== undefined;
}

export async function releaseClaim(claim: Claim, reason: string): Promise<boolean> {
  const isMine = claim.holder_id === me.peek()?.actor?.id;
  const undo = claims.patch(claim.id, null);
  const args = isMine
    ? { bead_id: claim.bead_id, note: reason || null }
    : { bead_id: claim.bead_id, for_alias: claim.holder_name, reason };
  const done = await attempt(() => rpc("release_bead", args), `${claim.bead_id} is free again`, undo);
  refreshBead(claim.bead_id);
  return done !== undefined;
}

export async function comment(id: string, body: string): Promise<boolean> {
  const done = await attempt(() => rpc("comment_bead", { id, body, idempotency_key: key() }));
  refreshBead(id);
  return done !== undefined;
}

export async function addDependency(id: string, dependsOn: string, type: string): Promise<boolean> {
  const done = await attempt(() => rpc("add_dependency", { id, depends_on: dependsOn, type }));
  refreshBead(id);
  refreshBead(dependsOn);
  touch("dependencies");
  return done !== undefined;
}

export async function removeDependency(id: string, dependsOn: string, type: string): Promise<void> {
  await attempt(() => rpc("remove_dependency", { id, depends_on: dependsOn, type }));
  refreshBead(id);
  refreshBead(dependsOn);
  touch("dependencies");
}

export async function releaseLocks(held: Lock[]): Promise<void> {
  const first = held[0];
  const alias = workspaces.get(first?.workspace_id)?.alias;
  if (!first || !alias) return;
  const undo = held.map((lock) => locks.patch(lock.id, null));
  const paths = held.map((lock) => (lock.is_directory ? `${lock.path.replace(/\/$/, "")}/` : lock.path));
  await attempt(
    () => rpc("release_paths", { paths, for_alias: alias, repo_id: first.repo_id }),
    held.length === 1 ? `${first.path} is free again` : `${held.length} paths are free again`,
    () => undo.forEach((one) => one()),
  );
  need.locksOf(first.workspace_id);
  void flush();
}

export interface Answer {
  option?: number;
  answer?: string;
  note?: string | null;
}

export async function answerEscalation(row: Escalation, given: Answer): Promise<boolean> {
  const text = given.answer ?? row.options[(given.option ?? 0) - 1] ?? "";
  const undo = escalations.patch(row.id, { status: "answered", answer: text, closed_by: me.peek()?.actor ?? null, closed_at: serverIso() });
  const args = { id: row.id, answer: given.answer ?? null, option: given.option ?? null, note: given.note || null };
  const done = await attempt(() => rpc("answer_escalation", args), "Answered", undo);
  need.escalation(row.id);
  void flush();
  return done !== undefined;
}

export async function withdrawEscalation(row: Escalation): Promise<void> {
  const undo = escalations.patch(row.id, { status: "withdrawn" });
  await attempt(() => rpc("withdraw_escalation", { id: row.id }), "Withdrawn", undo);
  need.escalation(row.id);
  void flush();
}
