import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { claimByBead, nameOf } from "../../data/derive";
import { beads } from "../../data/store";
import type { Bead } from "../../data/types";
import { readAll } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { go, href, route } from "../../lib/route";
import { Empty, Loading, Problem } from "../../ui/bits";
import { layout, NODE_HEIGHT, NODE_WIDTH, type Layout, type Placed } from "./graph-layout";
import { partOf, type Edge } from "./graph-model";
import { usePanZoom } from "./pan-zoom";

const MAX_TITLE = 48;

/** What waits for what. Of an open bead all that hangs together with it, else of all that is shown. */
export function Graph({ shown }: { shown: Bead[] }) {
  const focus = route.value.id === "new" ? null : (route.value.id ?? route.value.query.get("focus"));
  const found = useResource("dependencies", () => readAll<Edge>("bead_dependencies", "bead_id,depends_on_id,type", "seq"), ["dependencies"]);
  const part = useMemo(
    () => (found.data ? partOf(found.data, shown, focus, (id) => beads.rows.peek().has(id)) : null),
    [found.data, shown, focus],
  );
  const placed = useMemo(() => (part?.nodes.length ? layout(part) : null), [part]);
  if (found.error) return <Problem error={found.error} retry={found.reload} />;
  if (!part) return <Loading label="Reading dependencies" />;
  if (!placed) return <Empty title="Nothing here depends on anything">{focus ? null : <p class="muted">Open a bead and add a dependency, or show other beads.</p>}</Empty>;
  return (
    <div class="graph">
      <Picture placed={placed} focus={focus} />
      <p class="graph-legend muted">
        {part.nodes.length} beads{focus && <> around {focus}, <a href={href("beads", null, { as: "graph", show: route.value.query.get("show") })}>all</a></>}{part.left > 0 && `, ${part.left} more are left out: open one to see what hangs together with it`} · <span class="legend-line blocks" /> blocks{" "}
        <span class="legend-line parent" /> parent
      </p>
    </div>
  );
}

function Picture({ placed, focus }: { placed: Layout; focus: string | null }) {
  const frame = useRef<SVGSVGElement>(null);
  const { view, handlers, zoom, fit, centre } = usePanZoom(frame, placed.width, placed.height);
  useEffect(() => {
    const node = placed.nodes.find((one) => one.id === focus);
    if (node) centre(node.x, node.y);
    else fit();
  }, [placed, focus]);
  const isFar = view.scale < 0.45;
  return (
    <>
      <svg ref={frame} class={`graph-picture ${isFar ? "is-far" : ""}`} {...handlers} tabIndex={0} role="group" aria-label="Dependency graph; arrow keys move, plus and minus zoom">
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" class="arrow" />
          </marker>
        </defs>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          {placed.edges.map((edge) => (
            <path key={`${edge.bead_id} ${edge.depends_on_id} ${edge.type}`} d={edge.path} class={`edge edge-${edge.type}`} marker-end="url(#arrow)" />
          ))}
          {placed.nodes.map((node) => (
            <Node key={node.id} node={node} isFocus={node.id === focus} />
          ))}
        </g>
      </svg>
      <div class="graph-tools">
        <button class="button" aria-label="Zoom in" onClick={() => zoom(1.3)}>+</button>
        <button class="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.3)}>−</button>
        <button class="button" onClick={fit}>Fit</button>
      </div>
    </>
  );
}

function open(id: string): void {
  go("beads", id, Object.fromEntries(route.peek().query));
}

function Node({ node, isFocus }: { node: Placed; isFocus: boolean }) {
  const [hot, setHot] = useState(false);
  const bead = beads.get(node.id);
  if (!bead) return null;
  const claim = claimByBead.value.get(node.id);
  const state = bead.blocked && bead.status !== "closed" ? "blocked" : bead.status;
  const title = bead.title.length > MAX_TITLE ? `${bead.title.slice(0, MAX_TITLE - 1)}…` : bead.title;
  const [first, second] = wrap(title);
  return (
    <g
      class={`node node-${state} ${isFocus ? "is-focus" : ""} ${hot ? "is-hot" : ""}`} transform={`translate(${node.x - NODE_WIDTH / 2} ${node.y - NODE_HEIGHT / 2})`}
      role="link" tabIndex={0} aria-label={`${bead.id} ${bead.title}, ${state}`} onClick={() => open(node.id)} onFocus={() => setHot(true)} onBlur={() => setHot(false)}
      onKeyDown={(event) => event.key === "Enter" && open(node.id)}
    >
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="4" />
      <text x="8" y="13" class="node-id">{bead.id}{claim ? ` · ${nameOf(claim.holder_id)}` : ""}</text>
      <text x="8" y="26" class="node-title">{first}</text>
      <text x="8" y="38" class="node-title">{second}</text>
      <title>{`${bead.id} ${bead.title} (${state})`}</title>
    </g>
  );
}

function wrap(title: string): [string, string] {
  if (title.length <= 27) return [title, ""];
  const cut = title.lastIndexOf(" ", 27);
  return cut < 8 ? [title.slice(0, 27), title.slice(27)] : [title.slice(0, cut), title.slice(cut + 1)];
}
