import type { Bead } from "../../data/types";

export interface Edge {
  bead_id: string;
  depends_on_id: string;
  type: string;
}
export interface Part {
  nodes: Bead[];
  /** What holds work back; that one bead belongs to another is shown by the frames. */
  edges: Edge[];
  /** Linked beads that did not fit. */
  left: number;
}
/** More than this on one picture is not readable any more. */
export const MOST_NODES = 500;

type Known = (id: string) => Bead | undefined;

/** With a focus: its subtree and what hangs together with that. Without: the shown beads that wait or are waited for. */
export function partOf(all: Edge[], shown: Bead[], focus: string | null, known: Known): Part {
  const usable = all.filter((edge) => known(edge.bead_id) && known(edge.depends_on_id));
  const blocking = usable.filter((edge) => edge.type !== "parent-child");
  const wanted = focus ? around(usable, blocking, focus) : linked(blocking, shown);
  const beads = wanted.flatMap((id) => known(id) ?? []);
  const nodes = focus ? beads.slice(0, MOST_NODES) : mostUrgent(beads, blocking);
  const inside = new Set(nodes.map((bead) => bead.id));
  const edges = blocking.filter((edge) => inside.has(edge.bead_id) && inside.has(edge.depends_on_id));
  return { nodes, edges, left: beads.length - nodes.length };
}

const urgency = (bead: Bead): number => (bead.status === "in_progress" ? -1 : bead.status === "closed" ? 9 : bead.priority);

/** The most urgent with what they hang together with: one that is blocked stands beside what blocks it. */
function mostUrgent(beads: Bead[], blocking: Edge[]): Bead[] {
  const wanted = new Map(beads.map((bead) => [bead.id, bead]));
  const beside = neighbours(blocking);
  const taken = new Set<string>();
  for (const bead of beads.sort((a, b) => urgency(a) - urgency(b))) {
    const chain = new Set([bead.id]);
    for (const id of chain) {
      if (taken.size >= MOST_NODES) return [...taken].flatMap((one) => wanted.get(one) ?? []);
      taken.add(id);
      for (const other of beside.get(id) ?? []) if (wanted.has(other) && !taken.has(other)) chain.add(other);
    }
  }
  return [...taken].flatMap((one) => wanted.get(one) ?? []);
}

function neighbours(blocking: Edge[]): Map<string, string[]> {
  const beside = new Map<string, string[]>();
  for (const { bead_id, depends_on_id } of blocking) {
    push(beside, bead_id, depends_on_id);
    push(beside, depends_on_id, bead_id);
  }
  return beside;
}

/** Whether the same picture shows both: what a bead looks like is no part of it. */
export function isSamePart(a: Part, b: Part): boolean {
  const key = ({ nodes, edges, left }: Part): string =>
    JSON.stringify([left, nodes.map((one) => [one.id, one.parent_id]).sort(), edges.map((one) => [one.bead_id, one.depends_on_id, one.type]).sort()]);
  return key(a) === key(b);
}

function push(map: Map<string, string[]>, from: string, to: string): void {
  const list = map.get(from);
  if (list) list.push(to);
  else map.set(from, [to]);
}

function around(usable: Edge[], blocking: Edge[], focus: string): string[] {
  const children = new Map<string, string[]>();
  const beside = neighbours(blocking);
  for (const edge of usable) if (edge.type === "parent-child") push(children, edge.depends_on_id, edge.bead_id);
  const found = new Set([focus]);
  for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
  for (const id of found) for (const other of beside.get(id) ?? []) found.add(other);
  if (found.size > 1) return [...found];
  // It stands alone: show it among what it belongs with.
  const parent = usable.find((edge) => edge.type === "parent-child" && edge.bead_id === focus)?.depends_on_id;
  return [focus, ...(children.get(parent ?? "") ?? []).filter((id) => id !== focus)];
}

function linked(blocking: Edge[], shown: Bead[]): string[] {
  const isShown = new Set(shown.map((bead) => bead.id));
  const found = new Set<string>();
  for (const { bead_id, depends_on_id } of blocking) {
    if (!isShown.has(bead_id) || !isShown.has(depends_on_id)) continue;
    found.add(depends_on_id);
    found.add(bead_id);
  }
  return [...found];
}
