import { read, readAll, rpc, type Args, type Query } from "../lib/api";
import { learnTime, serverIso } from "../lib/time";
import * as store from "./store";
import type { BdhEvent, Bead, Claim, Escalation, Lock, Member, Repo, Wait, Workspace } from "./types";

const WORKSPACE = "id,alias,role,human_name,branch,hostname,host,path,focus,created_at,removed_at,repo_id,presence(last_seen)";
const CLAIM = "id,bead_id,apex_id,epoch,holder_kind,holder_id,holder_name,claimed_at,ended_at,beads(title)";
const LOCK = "id,repo_id,workspace_id,path,is_directory,mode,automatic,reason,bead_id,granted_at,expires_at";
const WAIT = "id,session_id,waiter,waiter_id,targets,opened_at,deadline,lease_until,ended_at";
const ESCALATION =
  "id,asker,asker_id,subject,situation,options,context,status,created_at,expires_at,answer,option,note,closed_by,closed_at,shown_at";
const BEAD =
  "id,title,status,priority,issue_type,parent_id,assignee,created_at,updated_at,closed_at,defer_until,blocked,bead_labels(label)";
const EVENT = "id,type,at,actor,entity_type,entity_id,data";
const RECENT_EVENTS = 500;

type Joined<T, J> = T & J;
const one = <T>(value: T | T[] | null | undefined): T | undefined => (Array.isArray(value) ? value[0] : (value ?? undefined));

type WorkspaceRow = Joined<Workspace, { presence: { last_seen: string } | { last_seen: string }[] | null }>;
const workspace = ({ presence, ...row }: WorkspaceRow): Workspace => ({ ...row, last_seen: one(presence)?.last_seen ?? null });
type ClaimRow = Joined<Claim, { beads: { title: string } | { title: string }[] | null }>;
const claim = ({ beads, ...row }: ClaimRow): Claim => ({ ...row, title: one(beads)?.title ?? row.bead_id });
type BeadRow = Joined<Bead, { bead_labels: { label: string }[] | null }>;
const bead = ({ bead_labels, ...row }: BeadRow): Bead => ({ ...row, labels: (bead_labels ?? []).map((one) => one.label).sort() });
interface EventRow extends Omit<BdhEvent, "entity"> {
  entity_type: string;
  entity_id: string;
}
const event = ({ entity_type, entity_id, ...row }: EventRow): BdhEvent => ({ ...row, entity: { type: entity_type, id: entity_id } });

const live = (query: Query): Query => query.is("ended_at", null);
const unexpired = (query: Query): Query => query.gt("expires_at", serverIso());
const present = (query: Query): Query => query.is("removed_at", null);

export interface LogPage {
  events: BdhEvent[];
  cursor: string;
  next_cursor: string | null;
  now?: string;
}

/** A page of the log, which says what time it is there. */
export async function readLog(args: Args): Promise<LogPage> {
  const askedAt = Date.now();
  const page = await rpc<LogPage>("list_events", args);
  learnTime(page.now, askedAt);
  return page;
}

/** Where the log stands now: an entity that no event has, so that nothing is read on the way. */
export async function currentCursor(): Promise<string> {
  return (await readLog({ entity_type: "none", limit: 1 })).cursor;
}

/** What the first screen shows; the bead index follows by itself. */
export async function loadTeam(): Promise<void> {
  await Promise.all([
    readAll<WorkspaceRow>("workspaces", WORKSPACE, "id", present).then((rows) => store.workspaces.fill(rows.map(workspace))),
    readAll<ClaimRow>("claims", CLAIM, "id", live).then((rows) => store.claims.fill(rows.map(claim))),
    readAll<Lock>("reservations", LOCK, "id", unexpired).then((rows) => store.locks.fill(rows)),
    readAll<Wait>("chat_waits", WAIT, "id", live).then((rows) => store.waits.fill(rows)),
    read<Escalation>("escalations", ESCALATION, (q) => q.order("created_at", { ascending: false }).limit(200)).then((rows) =>
      store.escalations.fill(rows),
    ),
    read<EventRow>("events", EVENT, (q) =>
      q.order("xid", { ascending: false }).order("seq", { ascending: false }).limit(RECENT_EVENTS),
    ).then((rows) => (store.events.value = rows.reverse().map(event))),
    readAll<Repo>("repos", "id,origin,name", "id").then((rows) => store.repos.fill(rows)),
    readAll<Member>("members", "id,role,name,email,created_at,last_seen", "id").then((rows) => store.members.fill(rows)),
  ]);
}

/** Every bead without its long texts, page after page. */
export async function loadBeads(): Promise<void> {
  await readAll<BeadRow>("beads", BEAD, "id", (q) => q.neq("status", "tombstone"), (rows) => store.beads.merge(rows.map(bead)));
  store.beads.loaded.value = true;
}

const inParts = <T>(ids: T[], size = 100): T[][] =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));

export async function readBeads(ids: string[]): Promise<void> {
  for (const part of inParts(ids)) {
    const [rows, held] = await Promise.all([
      read<BeadRow>("beads", BEAD, (q) => q.in("id", part).neq("status", "tombstone")),
      read<ClaimRow>("claims", CLAIM, (q) => live(q).in("bead_id", part)),
    ]);
    const wanted = new Set(part);
    store.beads.merge(rows.map(bead), (row) => wanted.has(row.id));
    store.claims.merge(held.map(claim), (row) => wanted.has(row.bead_id));
  }
}

export async function readLocks(workspaceIds: string[]): Promise<void> {
  for (const part of inParts(workspaceIds)) {
    const rows = await read<Lock>("reservations", LOCK, (q) => unexpired(q).in("workspace_id", part));
    const wanted = new Set(part);
    store.locks.merge(rows, (row) => wanted.has(row.workspace_id));
  }
}

export async function readWorkspaces(ids: string[]): Promise<void> {
  for (const part of inParts(ids)) {
    const rows = await read<WorkspaceRow>("workspaces", WORKSPACE, (q) => present(q).in("id", part));
    const wanted = new Set(part);
    store.workspaces.merge(rows.map(workspace), (row) => wanted.has(row.id));
  }
}

export async function readWaits(sessionIds: string[]): Promise<void> {
  for (const part of inParts(sessionIds)) {
    const rows = await read<Wait>("chat_waits", WAIT, (q) => live(q).in("session_id", part));
    const wanted = new Set(part);
    store.waits.merge(rows, (row) => row.session_id !== null && wanted.has(row.session_id));
  }
}

export async function readEscalations(ids: string[]): Promise<void> {
  for (const part of inParts(ids)) {
    store.escalations.merge(await read<Escalation>("escalations", ESCALATION, (q) => q.in("id", part)));
  }
}

export async function readMembers(): Promise<void> {
  store.members.fill(await readAll<Member>("members", "id,role,name,email,created_at,last_seen", "id"));
}

/** Events of the last hours, for the timeline. */
export async function readEventsSince(since: string): Promise<BdhEvent[]> {
  const rows = await read<EventRow>("events", EVENT, (q) => q.gte("at", since).order("at", { ascending: false }).limit(1000));
  return rows.reverse().map(event);
}

export async function readClaimSpans(since: string): Promise<Claim[]> {
  const rows = await read<ClaimRow>("claims", CLAIM, (q) =>
    q.gte("ended_at", since).order("ended_at", { ascending: false }).limit(500),
  );
  return rows.map(claim);
}
