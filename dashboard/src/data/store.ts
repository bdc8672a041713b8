import { signal } from "@preact/signals";
import { Collection } from "./collection";
import type { Bead, BdhEvent, Claim, Escalation, Lock, Member, Repo, Wait, WhoAmI, Workspace } from "./types";

/** The one store: what every view reads and only `reads.ts`, `feed.ts` and optimistic actions write. */
export const me = signal<WhoAmI | null>(null);
export const workspaces = new Collection<Workspace>((row) => row.id);
export const members = new Collection<Member>((row) => row.id);
export const repos = new Collection<Repo>((row) => row.id);
export const claims = new Collection<Claim>((row) => row.id);
export const locks = new Collection<Lock>((row) => row.id);
export const waits = new Collection<Wait>((row) => row.id);
export const escalations = new Collection<Escalation>((row) => row.id);
export const beads = new Collection<Bead>((row) => row.id);
/** Newest last, bounded. */
export const events = signal<BdhEvent[]>([]);
const MAX_EVENTS = 4000;

export function addEvents(fresh: BdhEvent[]): BdhEvent[] {
  const known = new Set(events.peek().map((event) => event.id));
  const added = fresh.filter((event) => !known.has(event.id));
  if (added.length) events.value = [...events.peek(), ...added].slice(-MAX_EVENTS);
  return added;
}

export function clearStore(): void {
  for (const part of [workspaces, members, repos, claims, locks, waits, escalations, beads]) part.clear();
  events.value = [];
}

/** Who listens for changes of something that is not in the store: `bead:bd-1`, `mail`, `chat:<id>`. */
const listeners = new Map<string, Set<() => void>>();

export function onTouch(topic: string, listener: () => void): () => void {
  const found = listeners.get(topic) ?? new Set();
  listeners.set(topic, found.add(listener));
  return () => found.delete(listener);
}

/** Everything that is open is read again. */
export function touchAll(): void {
  for (const topic of [...listeners.keys()]) touch(topic);
}

export function touch(topic: string): void {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener();
}
