import { useEffect, useMemo, useRef } from "preact/hooks";
import { claimByBead, nameOf } from "../../data/derive";
import { beads } from "../../data/store";
import type { Bead } from "../../data/types";
import { readAll } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { go, href, route } from "../../lib/route";
import { Empty, Loading, Problem } from "../../ui/bits";
import { layout, NODE_HEIGHT, NODE_WIDTH, type Frame, type Layout, type Placed } from "./graph-layout";
import { isSamePart, partOf, type Edge, type Part } from "./graph-model";
import { usePanZoom } from "./pan-zoom";

/** What waits for what. Of an open bead all that hangs together with it, else of all that is shown. */
export function Graph({ shown }: { shown: Bead[] }) {
  const focus = route.value.id === "new" ? null : (route.value.id ?? route.value.query.get("focus"));
  const found = useResource("dependencies", () => readAll<Edge>("bead_dependencies", "bead_id,depends_on_id,type", "seq"), ["dependencies"]);
  const last = useRef<Part | null>(null);
  const part = useMemo(() => {
    const next = found.data ? partOf(found.data, shown, focus, (id) => beads.rows.peek().get(id)) : null;
    // A bead that changed its looks does not move the others about.
    if (!next || !last.current || !isSamePart(next, last.current)) last.current = next;
    return last.current;
  }, [found.data, shown, focus]);
  const placed = useMemo(() => (part?.nodes.length ? layout(part) : null), [part]);
  if (found.error) return <Problem error={found.error} retry={found.reload} />;
  if (!part) return <Loading label="Reading dependencies" />;
  if (!placed) return <Empty title="Nothing here depends on anything">{focus ? null : <p class="muted">Open a bead and add a dependency, or show other beads.</p>}</Empty>;
  const show = route.value.query.get("show");
  return (
    <div class="graph">
      <Picture placed={placed} focus={focus} />
      <p class="graph-legend muted">
        {part.nodes.length} beads
        {focus && <> around {focus}, <a href={href("beads", null, { as: "graph", show })}>show all</a></>}
        {part.left > 0 && `; ${part.left} less urgent ones are left out, filter to see them`} · <span class="legend-line" /> holds back · a frame is a parent
      </p>
    </div>
  );
}

function Picture({ placed, focus }: { placed: Layout; focus: string | null }) {
  const frame = useRef<SVGSVGElement>(null);
  const before = useRef(focus);
  const { view, handlers, zoom, fit, centre, isMoved } = usePanZoom(frame, placed.width, placed.height);
  useEffect(() => {
    const node = placed.nodes.find((one) => one.bead.id === focus);
    const place = (): void => (node ? centre(node.x + NODE_WIDTH / 2, node.y + NODE_HEIGHT / 2) : fit());
    // Who has moved about is left where they are when the picture changes, unless another bead was opened.
    if (!isMoved() || before.current !== focus) place();
    before.current = focus;
    // A window of another size shows the whole again, until somebody has moved about in it.
    const watch = new ResizeObserver(() => !isMoved() && place());
    if (frame.current) watch.observe(frame.current);
    return () => watch.disconnect();
  }, [placed, focus]);
  return (
    <>
      <svg ref={frame} class={`graph-picture ${view.scale < 0.5 ? "is-far" : ""}`} {...handlers} tabIndex={0} role="group" aria-label="Dependency graph; arrow keys move, plus and minus zoom">
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" class="arrow" />
          </marker>
        </defs>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          <Drawing placed={placed} focus={focus} />
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

/** The same elements while the picture is moved: only the group around them changes. */
function Drawing({ placed, focus }: { placed: Layout; focus: string | null }) {
  const rows = beads.rows.value;
  const held = claimByBead.value;
  return useMemo(
    () => (
      <>
        {placed.frames.map((one) => <FrameBox key={one.parent} frame={one} />)}
        {placed.edges.map((edge) => <path key={`${edge.bead_id} ${edge.depends_on_id} ${edge.type}`} d={edge.path} class={`edge edge-${edge.type}`} marker-end="url(#arrow)" />)}
        {placed.nodes.map((node) => <Node key={node.bead.id} node={node} isFocus={node.bead.id === focus} />)}
      </>
    ),
    [placed, focus, rows, held],
  );
}

function FrameBox({ frame }: { frame: Frame }) {
  const parent = beads.rows.peek().get(frame.parent);
  const title = parent ? `${parent.id} ${parent.title}` : frame.parent || "without a parent";
  const most = Math.floor((frame.width - 20) / 7.4);
  return (
    <g class="frame" transform={`translate(${frame.x} ${frame.y})`}>
      <rect width={frame.width} height={frame.height} rx="6" />
      <text x="12" y="20" onClick={() => parent && open(parent.id)}>
        {title.length > most ? `${title.slice(0, most - 1)}…` : title}
        <title>{title}</title>
      </text>
    </g>
  );
}

function open(id: string): void {
  go("beads", id, Object.fromEntries(route.peek().query));
}

function Node({ node, isFocus }: { node: Placed; isFocus: boolean }) {
  const bead = beads.rows.peek().get(node.bead.id) ?? node.bead;
  const claim = claimByBead.peek().get(bead.id);
  const state = bead.blocked && bead.status !== "closed" ? "blocked" : bead.status;
  const [first, second] = wrap(bead.title);
  return (
    <g
      class={`node node-${state} ${isFocus ? "is-focus" : ""}`} transform={`translate(${node.x} ${node.y})`} role="link" tabIndex={0}
      aria-label={`${bead.id} ${bead.title}, ${state}`} onClick={() => open(bead.id)} onKeyDown={(event) => event.key === "Enter" && open(bead.id)}
    >
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="4" />
      <text x="8" y="13" class="node-id">{bead.id}{claim && <tspan class="node-holder">{` · ${shortened(nameOf(claim.holder_id))}`}</tspan>}</text>
      <text x="8" y="26" class="node-title">{first}</text>
      <text x="8" y="38" class="node-title">{second}</text>
      <title>{`${bead.id} ${bead.title} (${state})`}</title>
    </g>
  );
}

const LINE = 27;
const NAME = 16;
const shortened = (name: string): string => (name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name);

function wrap(title: string): [string, string] {
  if (title.length <= LINE) return [title, ""];
  const cut = title.lastIndexOf(" ", LINE);
  const rest = cut < 8 ? title.slice(LINE) : title.slice(cut + 1);
  return [cut < 8 ? title.slice(0, LINE) : title.slice(0, cut), rest.length > LINE ? `${rest.slice(0, LINE - 1)}…` : rest];
}
