import { locks, waits, workspaces } from "./store";
import { presenceOf } from "./derive";
import { serverTime } from "../lib/time";
import { readLocks, readWaits, readWorkspaces } from "./reads";

/**
 * Heartbeats renew presence, automatic locks and chat leases without an event. Nobody is asked
 * about them while nothing would change; only what is about to be shown as gone (an agent as idle,
 * a lock as lapsed, a wait as over) is read once more, with the 30-second read.
 */
export async function confirmDue(): Promise<void> {
  const now = serverTime();
  await Promise.all([
    readWorkspaces(dueWorkspaces(now)),
    readLocks([...new Set(dueLocks(now))]),
    readWaits([...new Set(dueSessions(now))]),
  ]);
}

const confirmed = new Map<string, string>();

function dueWorkspaces(now: number): string[] {
  const isFirst = confirmed.size === 0; // what was loaded a moment ago needs no confirmation
  const due = workspaces.list().filter((row) => {
    const shown = `${presenceOf(row.last_seen, now)} ${row.last_seen}`;
    const isDue = !shown.startsWith("active") && confirmed.get(row.id) !== shown;
    if (isDue) confirmed.set(row.id, shown);
    return isDue;
  });
  return isFirst ? [] : due.map((row) => row.id);
}

function dueLocks(now: number): string[] {
  const lapsed = locks.list().filter((row) => Date.parse(row.expires_at) < now);
  return lapsed.map((row) => row.workspace_id);
}

function dueSessions(now: number): string[] {
  const lapsed = waits.list().filter((row) => Date.parse(row.lease_until) < now);
  return lapsed.flatMap((row) => row.session_id ?? []);
}

