import { computed } from "@preact/signals";
import { now } from "../lib/time";
import { beads, claims, escalations, events, locks, me, members, waits, workspaces } from "./store";
import type { Bead, BdhEvent, Claim, Escalation, Lock, Presence, Wait, Workspace } from "./types";

const ACTIVE_SECONDS = 300;
const IDLE_SECONDS = 1800;

export function presenceOf(lastSeen: string | null, at: number): Presence {
  const seconds = lastSeen ? (at - Date.parse(lastSeen)) / 1000 : Infinity;
  return seconds < ACTIVE_SECONDS ? "active" : seconds < IDLE_SECONDS ? "idle" : "offline";
}

function groupBy<T>(rows: Iterable<T>, keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

export const liveLocks = computed<Lock[]>(() => locks.list().filter((lock) => Date.parse(lock.expires_at) > now.value));
export const liveWaits = computed<Wait[]>(() =>
  waits
    .list()
    .filter((wait) => Math.min(Date.parse(wait.lease_until), Date.parse(wait.deadline)) > now.value && wait.targets.length > 0),
);
export const claimsByHolder = computed(() => groupBy(claims.rows.value.values(), (claim) => claim.holder_id));
export const claimByBead = computed(() => new Map(claims.list().map((claim) => [claim.bead_id, claim])));
export const locksByHolder = computed(() => groupBy(liveLocks.value, (lock) => lock.workspace_id));
export const waitsBySession = computed(() => groupBy(liveWaits.value, (wait) => wait.session_id ?? ""));
export const waitByWaiter = computed(() => new Map(liveWaits.value.map((wait) => [wait.waiter_id, wait])));

/** The newest event of each actor. */
export const lastEventOf = computed(() => {
  const found = new Map<string, BdhEvent>();
  for (const event of events.value) if (event.actor.id) found.set(event.actor.id, event);
  return found;
});

export const pending = computed<Escalation[]>(() =>
  escalations
    .list()
    .filter((row) => row.status === "pending" && !(row.expires_at && Date.parse(row.expires_at) <= now.value))
    .sort((a, b) => a.created_at.localeCompare(b.created_at)),
);

const RANK: Record<Presence, number> = { active: 0, idle: 1, offline: 2 };
export const team = computed<(Workspace & { presence: Presence })[]>(() =>
  workspaces
    .list()
    .map((row) => ({ ...row, presence: presenceOf(row.last_seen, now.value) }))
    .sort((a, b) => RANK[a.presence] - RANK[b.presence] || a.alias.localeCompare(b.alias)),
);

/** `bob` for `bob-backend` while no other alias begins with it, as refusals print it. */
export const shortAliases = computed(() => {
  const counts = new Map<string, number>();
  const prefixes = (alias: string): string[] => alias.split("-").map((_, n, parts) => parts.slice(0, n + 1).join("-"));
  for (const { alias } of workspaces.rows.value.values())
    for (const prefix of prefixes(alias)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  return new Map(
    workspaces.list().map(({ id, alias }) => [id, prefixes(alias).find((prefix) => counts.get(prefix) === 1) ?? alias]),
  );
});

export function nameOf(id: string | null | undefined): string {
  if (!id) return "bdh";
  return shortAliases.value.get(id) ?? workspaces.get(id)?.alias ?? members.get(id)?.name ?? "someone";
}

const staleAfter = computed(() => Number(me.value?.project?.settings["stale_claim_after_seconds"] ?? 14_400));

export function isStale(claim: Claim): boolean {
  if (claim.holder_kind !== "workspace") return false;
  const seen = workspaces.get(claim.holder_id)?.last_seen;
  return !seen || (now.value - Date.parse(seen)) / 1000 > staleAfter.value;
}

export const staleClaims = computed(() => claims.list().filter(isStale));

const CONFLICT_SECONDS = 900;
export const recentConflicts = computed(() =>
  events.value.filter(
    (event) => event.type === "lock.conflict" && (now.value - Date.parse(event.at)) / 1000 < CONFLICT_SECONDS,
  ),
);

export function isReady(bead: Bead, at: number): boolean {
  return bead.status === "open" && !bead.blocked && (!bead.defer_until || Date.parse(bead.defer_until) <= at);
}

export const beadCounts = computed(() => {
  const counts = { open: 0, in_progress: 0, closed: 0, ready: 0, blocked: 0, total: 0 };
  for (const bead of beads.rows.value.values()) {
    counts.total++;
    if (bead.status === "open") counts.open++;
    else if (bead.status === "in_progress") counts.in_progress++;
    else if (bead.status === "closed") counts.closed++;
    if (isReady(bead, now.value)) counts.ready++;
    if (bead.blocked && bead.status !== "closed") counts.blocked++;
  }
  return counts;
});

/** Waits for this member, waits between agents: who blocks whom. */
export const waitsForMe = computed(() => {
  const mine = me.value?.actor?.id;
  return liveWaits.value.filter((wait) => mine && wait.targets.includes(mine));
});
