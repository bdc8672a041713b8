import * as reads from "./reads";
import { touch, workspaces } from "./store";
import type { BdhEvent } from "./types";

/**
 * What must be read again because something changed. Hints and events add to it; one flush at a
 * time reads every part once, whatever the number of changes that asked for it.
 */
const wanted = {
  beads: new Set<string>(),
  lockHolders: new Set<string>(),
  workspaces: new Set<string>(),
  sessions: new Set<string>(),
  escalations: new Set<string>(),
  topics: new Set<string>(),
};
let flushing: Promise<boolean> | null = null;

export const need = {
  bead: (id: string): void => void wanted.beads.add(id),
  locksOf: (id: string): void => void wanted.lockHolders.add(id),
  workspace: (id: string): void => void wanted.workspaces.add(id),
  session: (id: string): void => void wanted.sessions.add(id),
  escalation: (id: string): void => void wanted.escalations.add(id),
  topic: (topic: string): void => void wanted.topics.add(topic),
};

interface Changed {
  type: string;
  entity: { type: string; id: string };
  actor?: BdhEvent["actor"];
  data?: BdhEvent["data"];
}

/** What an event, or the hint of one, makes out of date. A lock's hint does not say whose: its event will. */
export function needFor({ type, entity, actor, data }: Changed): void {
  const kind = type.split(".")[0];
  if (entity.type === "bead") {
    need.bead(entity.id);
    need.topic(`bead:${entity.id}`);
  }
  if (kind === "lock" && actor) {
    const holder = typeof data?.["holder"] === "string" ? data["holder"] : actor.name;
    const found = workspaces.list().find((row) => row.alias === holder);
    if (found) need.locksOf(found.id);
    if (actor.kind === "workspace" && actor.id) need.locksOf(actor.id);
  }
  if (kind === "chat") {
    need.session(entity.id);
    need.topic("chat");
    need.topic(`chat:${entity.id}`);
  }
  if (kind === "mail") need.topic("mail");
  if (kind === "escalation") need.escalation(entity.id);
  if (kind === "workspace") {
    need.workspace(entity.id);
    need.locksOf(entity.id);
    need.topic("workspaces");
  }
  if (kind === "member" || kind === "project") {
    need.topic("members");
    need.topic("project");
    need.topic("workspaces");
  }
  if (kind === "invite" || kind === "member") need.topic("invites");
  if (kind === "policy") need.topic("policy");
  if (kind === "plan") need.topic("plan");
}

function take<T>(from: Set<T>): T[] {
  const found = [...from];
  from.clear();
  return found;
}

async function readWanted(): Promise<void> {
  const parts = Object.values(wanted);
  const taken = parts.map((part) => [...part]);
  const [ids, holders, agents, sessions, questions, topics] = [
    take(wanted.beads), take(wanted.lockHolders), take(wanted.workspaces), take(wanted.sessions), take(wanted.escalations), take(wanted.topics),
  ];
  try {
    await Promise.all([
      reads.readBeads(ids),
      reads.readLocks(holders),
      reads.readWorkspaces(agents),
      reads.readWaits(sessions),
      reads.readEscalations(questions),
    ]);
  } catch (error) {
    // Still out of date: the next flush asks again.
    parts.forEach((part, n) => taken[n]?.forEach((one) => part.add(one)));
    throw error;
  }
  topics.forEach(touch);
}

const isWanting = (): boolean => Object.values(wanted).some((part) => part.size > 0);

async function readAllWanted(): Promise<boolean> {
  try {
    while (isWanting()) await readWanted();
    return true;
  } catch {
    return false;
  }
}

/** Read what is out of date; false when that failed, and then it stays out of date. */
export function flush(): Promise<boolean> {
  flushing ??= Promise.resolve()
    .then(readAllWanted)
    .finally(() => (flushing = null));
  return flushing;
}
