import dagre from "@dagrejs/dagre";
import type { Edge, Part } from "./graph-model";

export interface Placed {
  id: string;
  x: number;
  y: number;
}
export interface Drawn extends Edge {
  path: string;
}
export interface Layout {
  nodes: Placed[];
  edges: Drawn[];
  width: number;
  height: number;
}
export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 44;

/** Blockers on the left, what they hold back on the right; parents left of their children. */
export function layout(part: Part): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 46, marginx: 16, marginy: 16, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of part.nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of part.edges) graph.setEdge(edge.depends_on_id, edge.bead_id, {}, edge.type);
  dagre.layout(graph);
  const nodes = part.nodes.map((id) => ({ id, x: graph.node(id).x, y: graph.node(id).y }));
  const edges = part.edges.map((edge) => {
    const points: { x: number; y: number }[] = graph.edge(edge.depends_on_id, edge.bead_id, edge.type)?.points ?? [];
    return { ...edge, path: points.map(({ x, y }, n) => `${n ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { nodes, edges, width, height };
}
