import type { Bead } from "../../data/types";

export interface Edge {
  bead_id: string;
  depends_on_id: string;
  type: string;
}
export interface Part {
  nodes: string[];
  edges: Edge[];
  /** Linked beads that did not fit. */
  left: number;
}
/** More than this on one picture is not readable any more. */
export const MOST_NODES = 500;

function neighbours(edges: Edge[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  const add = (from: string, to: string): void => void map.set(from, [...(map.get(from) ?? []), to]);
  for (const { bead_id, depends_on_id } of edges) {
    add(bead_id, depends_on_id);
    add(depends_on_id, bead_id);
  }
  return map;
}

/** With a focus: what hangs together with it, nearest first. Without: the shown beads that have links. */
export function partOf(edges: Edge[], shown: Bead[], focus: string | null, known: (id: string) => boolean): Part {
  const usable = edges.filter((edge) => known(edge.bead_id) && known(edge.depends_on_id));
  const wanted = focus ? around(neighbours(usable), focus) : linked(usable, shown);
  const nodes = wanted.slice(0, MOST_NODES);
  const inside = new Set(nodes);
  return { nodes, edges: usable.filter((edge) => inside.has(edge.bead_id) && inside.has(edge.depends_on_id)), left: wanted.length - nodes.length };
}

function around(next: Map<string, string[]>, focus: string): string[] {
  const found = new Set([focus]);
  for (const id of found) {
    if (found.size > MOST_NODES) break;
    for (const other of next.get(id) ?? []) found.add(other);
  }
  return [...found];
}

function linked(edges: Edge[], shown: Bead[]): string[] {
  const isShown = new Set(shown.map((bead) => bead.id));
  const found = new Set<string>();
  for (const { bead_id, depends_on_id } of edges) {
    if (!isShown.has(bead_id) || !isShown.has(depends_on_id)) continue;
    found.add(depends_on_id);
    found.add(bead_id);
  }
  return [...found];
}
