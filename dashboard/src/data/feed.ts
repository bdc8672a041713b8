import { signal } from "@preact/signals";
import type { RealtimeChannel } from "@supabase/supabase-js";
import { backend } from "../lib/api";
import { asRefusal } from "../lib/refusal";
import { serverTime } from "../lib/time";
import { flush, need, needFor } from "./needs";
import { confirmDue } from "./due";
import { currentCursor, loadBeads, loadTeam, readLog, type LogPage } from "./reads";
import { addEvents, me, touchAll, workspaces } from "./store";
import type { BdhEvent } from "./types";

export type LinkState = "connecting" | "live" | "stale";
export const link = signal<LinkState>("connecting");
/** When the store was last known to be complete. */
export const freshAt = signal(0);
/** True while the first screen's data are still on their way. */
export const loading = signal(true);
export const loadError = signal<unknown>(null);

/** Rises when the database says that we are not (or no longer) a member here. */
export const expelled = signal(0);
const EXPELLED = new Set(["not_member", "not_signed_in"]);

const HEALTHY_SECONDS = 30;
const UNHEALTHY_SECONDS = 5;
/** Beyond this many missed events everything is read anew instead of event by event. */
const MAX_CATCH_UP = 3000;

interface Hint {
  id: string;
  type: string;
  entity: { type: string; id: string };
}

let cursor: string | null = null;
let channels: RealtimeChannel[] = [];
let reading: Promise<void> | null = null;
let again = false;
let timer: number | undefined;
/** Hinted events that the log has not shown yet: something older may still be uncommitted. */
const hinted = new Map<string, number>();

/** Load the project and follow it until `stopFeed`. */
export async function startFeed(projectId: string, memberId: string | null): Promise<void> {
  stopFeed();
  loading.value = true;
  loadError.value = null;
  try {
    // The place in the log first: whatever changes while the rest is read is read again.
    cursor = await currentCursor();
    listen(projectId, memberId);
    await loadTeam();
    freshAt.value = serverTime();
    loading.value = false;
    schedule();
    await loadBeads();
  } catch (error) {
    loading.value = false;
    loadError.value = error;
  }
}

export function stopFeed(): void {
  clearTimeout(timer);
  for (const channel of channels) void backend().removeChannel(channel);
  channels = [];
  hinted.clear();
  cursor = null;
  link.value = "connecting";
}

function listen(projectId: string, memberId: string | null): void {
  const project = backend().channel(`project:${projectId}`, { config: { private: true } });
  project.on("broadcast", { event: "event" }, ({ payload }) => onHint(payload as Hint));
  project.subscribe((status) => onStatus(status));
  channels.push(project);
  if (!memberId) return;
  const personal = backend().channel(`member:${memberId}`, { config: { private: true } });
  personal.on("broadcast", { event: "*" }, ({ event, payload }) => onPersonal(event, payload as Record<string, string>));
  channels.push(personal.subscribe());
}

function onStatus(status: string): void {
  if (status === "SUBSCRIBED" && link.peek() === "stale") touchAll();
  link.value = status === "SUBSCRIBED" ? "live" : "stale";
  // Whatever was sent before this subscription is in the log only.
  void catchUp();
}

function onHint(hint: Hint): void {
  hinted.set(hint.id, Date.now());
  needFor(hint);
  void flush();
  void catchUp();
}

/** What concerns this member alone and has no event: receipts, waits. */
function onPersonal(event: string, payload: Record<string, string>): void {
  if (event === "receipt") need.topic("mail");
  if (event === "chat_wait" && payload["session_id"]) need.session(payload["session_id"]);
  void flush();
}

/** Read the log after the cursor; calls while one runs become one more. */
export function catchUp(): Promise<void> {
  if (reading) again = true;
  reading ??= Promise.resolve()
    .then(readUntilQuiet)
    .finally(() => {
      reading = null;
      schedule();
    });
  return reading;
}

async function readUntilQuiet(): Promise<void> {
  try {
    do {
      again = false;
      await readAfterCursor();
    } while (again);
    freshAt.value = serverTime();
    // Receipts and waits have no events: what was open while nothing could be read is out of date.
    if (loadError.peek()) touchAll();
    loadError.value = null;
    if (channels[0]?.state === "joined") link.value = "live";
  } catch (error) {
    link.value = "stale";
    loadError.value = error;
    if (EXPELLED.has(asRefusal(error).code)) expelled.value++;
  }
}

async function readAfterCursor(): Promise<void> {
  let count = 0;
  for (let more = cursor !== null; more; ) {
    const page = await nextPage();
    // A restored database counts anew: this place in its log is gone.
    if (!page) return readAnew();
    cursor = page.cursor;
    more = page.next_cursor !== null;
    count += page.events.length;
    if (count > MAX_CATCH_UP) return readAnew();
    apply(page.events);
  }
  if (!(await flush())) throw new Error("What has changed could not be read");
}

async function nextPage(): Promise<LogPage | null> {
  try {
    return await readLog({ since: cursor, limit: 1000 });
  } catch (error) {
    if (asRefusal(error).code === "cursor_expired") return null;
    throw error;
  }
}

async function readAnew(): Promise<void> {
  cursor = await currentCursor();
  hinted.clear();
  await Promise.all([loadTeam(), loadBeads()]);
  touchAll();
}

function apply(fresh: BdhEvent[]): void {
  const seen: Record<string, string> = {};
  for (const event of addEvents(fresh)) {
    // Its hint had everything but locks read again already.
    if (!hinted.delete(event.id) || event.type.startsWith("lock.")) needFor(event);
    if (event.actor.kind === "workspace" && event.actor.id) seen[event.actor.id] = event.at;
  }
  sawActors(seen);
}

/** Whoever did something was there: no read is needed to know that. */
function sawActors(seen: Record<string, string>): void {
  const rows = Object.entries(seen).flatMap(([id, at]) => {
    const row = workspaces.rows.peek().get(id);
    if (!row) need.workspace(id);
    return row && (!row.last_seen || row.last_seen < at) ? [{ ...row, last_seen: at }] : [];
  });
  if (rows.length) workspaces.merge(rows);
}

/** The next read: soon while a hinted event is still missing or the socket is down, else in 30 s. */
function schedule(): void {
  clearTimeout(timer);
  if (cursor === null) return;
  for (const [id, at] of hinted) if (Date.now() - at > 60_000) hinted.delete(id);
  const seconds = hinted.size ? 0.5 : link.value === "live" ? HEALTHY_SECONDS : UNHEALTHY_SECONDS;
  timer = window.setTimeout(() => void tick(), seconds * 1000);
}

async function tick(): Promise<void> {
  await catchUp();
  if (!loadError.peek()) await confirmDue().catch(() => undefined);
}

/** After sleep, in a tab brought back, with the network back: at once, not at the next tick. */
function wake(): void {
  if (document.hidden || !me.peek()?.project || (link.peek() === "live" && Math.abs(serverTime() - freshAt.peek()) < 3000)) return;
  void tick();
}
// Without a network the socket only seems open for a while: reading says so at once.
addEventListener("offline", () => me.peek()?.project && void catchUp());
addEventListener("online", wake);
addEventListener("pageshow", wake);
document.addEventListener("visibilitychange", wake);
document.addEventListener("resume", wake);
