import dagre from "@dagrejs/dagre";
import type { Bead } from "../../data/types";
import type { Edge, Part } from "./graph-model";
import { pack, type Box } from "./packing";

export interface Point {
  x: number;
  y: number;
}
export interface Placed extends Point {
  bead: Bead;
}
export interface Drawn extends Edge {
  path: string;
}
/** The beads of one parent, in a frame that names it. */
export interface Frame extends Point, Box {
  parent: string;
}
export interface Layout extends Box {
  nodes: Placed[];
  edges: Drawn[];
  frames: Frame[];
}
export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 44;
const GAP = 14;
const PADDING = 12;
const TITLE = 20;

interface Piece extends Box {
  nodes: Placed[];
  edges: Drawn[];
}

/** Frames by parent; in each the chains of what waits for what, blockers on the left. */
export function layout(part: Part): Layout {
  const groups = new Map<string, Bead[]>();
  for (const bead of part.nodes) {
    const key = bead.parent_id ?? "";
    groups.set(key, [...(groups.get(key) ?? []), bead]);
  }
  const framed = [...groups].map(([parent, beads]) => frame(parent, beads, part.edges));
  const whole = pack(framed, GAP * 2);
  const nodes = whole.placed.flatMap(({ box, x, y }) => box.nodes.map((node) => ({ ...node, x: node.x + x, y: node.y + y })));
  const inner = whole.placed.flatMap(({ box, x, y }) => box.edges.map((edge) => ({ ...edge, path: moved(edge.path, x, y) })));
  const drawn = new Set(inner.map(name));
  const at = new Map(nodes.map((node) => [node.bead.id, node]));
  const outer = part.edges.filter((edge) => !drawn.has(name(edge))).flatMap((edge) => curve(edge, at));
  const frames = whole.placed.map(({ box, x, y }) => ({ parent: box.parent, x, y, width: box.width, height: box.height }));
  return { nodes, edges: [...inner, ...outer], frames, width: whole.width, height: whole.height };
}

const name = (edge: Edge): string => `${edge.bead_id} ${edge.depends_on_id} ${edge.type}`;

function frame(parent: string, beads: Bead[], edges: Edge[]): Piece & { parent: string } {
  const { placed, width, height } = pack(pieces(beads, edges), GAP);
  const nodes = placed.flatMap(({ box, x, y }) => box.nodes.map((node) => ({ ...node, x: node.x + x + PADDING, y: node.y + y + PADDING + TITLE })));
  const drawn = placed.flatMap(({ box, x, y }) => box.edges.map((edge) => ({ ...edge, path: moved(edge.path, x + PADDING, y + PADDING + TITLE) })));
  return { parent, nodes, edges: drawn, width: width + PADDING * 2, height: height + PADDING * 2 + TITLE };
}

/** What hangs together within one frame. */
function pieces(beads: Bead[], edges: Edge[]): Piece[] {
  const root = new Map(beads.map((bead) => [bead.id, bead.id]));
  const find = (id: string): string => {
    let at = id;
    while (root.get(at) !== at) at = root.get(at) ?? at;
    root.set(id, at);
    return at;
  };
  const inside = edges.filter((edge) => root.has(edge.bead_id) && root.has(edge.depends_on_id));
  for (const edge of inside) root.set(find(edge.bead_id), find(edge.depends_on_id));
  const members = new Map<string, Bead[]>();
  for (const bead of beads) members.set(find(bead.id), [...(members.get(find(bead.id)) ?? []), bead]);
  const links = new Map<string, Edge[]>();
  for (const edge of inside) links.set(find(edge.bead_id), [...(links.get(find(edge.bead_id)) ?? []), edge]);
  return [...members].map(([key, group]) => chain(group, links.get(key) ?? []));
}

function chain(beads: Bead[], edges: Edge[]): Piece {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 36, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const bead of beads) graph.setNode(bead.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of edges) graph.setEdge(edge.depends_on_id, edge.bead_id, {}, edge.type);
  dagre.layout(graph);
  const nodes = beads.map((bead) => ({ bead, x: graph.node(bead.id).x - NODE_WIDTH / 2, y: graph.node(bead.id).y - NODE_HEIGHT / 2 }));
  const drawn = edges.map((edge) => ({ ...edge, path: line(graph.edge(edge.depends_on_id, edge.bead_id, edge.type)?.points ?? []) }));
  const { width = NODE_WIDTH, height = NODE_HEIGHT } = graph.graph();
  return { nodes, edges: drawn, width, height };
}

const line = (points: Point[]): string => points.map(({ x, y }, n) => `${n ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function moved(path: string, dx: number, dy: number): string {
  return path.replace(/([ML])(-?[\d.]+) (-?[\d.]+)/g, (_, letter: string, x: string, y: string) => `${letter}${(Number(x) + dx).toFixed(1)} ${(Number(y) + dy).toFixed(1)}`);
}

function curve(edge: Edge, at: Map<string, Placed>): Drawn[] {
  const from = at.get(edge.depends_on_id);
  const to = at.get(edge.bead_id);
  if (!from || !to) return [];
  const [x1, y1, x2, y2] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, to.x, to.y + NODE_HEIGHT / 2];
  const bend = Math.max(40, Math.abs(x2 - x1) / 3);
  return [{ ...edge, path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
}
