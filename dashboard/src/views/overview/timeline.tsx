import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { events, claims as liveClaims, workspaces } from "../../data/store";
import { readClaimSpans, readEventsSince } from "../../data/reads";
import type { BdhEvent, Claim } from "../../data/types";
import { beadTitle, eventTone, phrase } from "../../data/words";
import { useResource } from "../../lib/resource";
import { href } from "../../lib/route";
import { absolute, clock, now } from "../../lib/time";

const WINDOWS: [number, string][] = [[1, "1 h"], [6, "6 h"], [24, "24 h"]];
const MOST_LANES = 12;
const LANE = 18;
const WIDTH = 600;
/** Dots nearer than this on one lane would be one blot. */
const NEAR = 3;

interface Lane {
  id: string;
  alias: string;
  dots: BdhEvent[];
  spans: Claim[];
}

function lanesOf(shown: BdhEvent[], spans: Claim[], most: number): Lane[] {
  const lanes = new Map<string, Lane>();
  const lane = (id: string, alias: string): Lane => {
    const found = lanes.get(id) ?? { id, alias, dots: [], spans: [] };
    lanes.set(id, found);
    return found;
  };
  for (const event of shown) {
    if (event.actor.id && event.actor.kind !== "system") lane(event.actor.id, workspaces.get(event.actor.id)?.alias ?? event.actor.name).dots.push(event);
  }
  for (const claim of spans) if (lanes.has(claim.holder_id)) lane(claim.holder_id, claim.holder_name).spans.push(claim);
  const newest = (one: Lane): string => one.dots.at(-1)?.at ?? "";
  return [...lanes.values()].sort((a, b) => newest(b).localeCompare(newest(a))).slice(0, most);
}

/** One lane per agent: bars are claims, dots are what it did; the most recently active on top. */
export function Timeline() {
  const hours = useSignal(1);
  const all = useSignal(false);
  const end = now.value;
  const start = end - hours.value * 3_600_000;
  const since = new Date(Math.floor(start / 60_000) * 60_000).toISOString();
  const older = useResource(`timeline ${hours.value}`, () => Promise.all([readEventsSince(since), readClaimSpans(since)]));
  const lanes = useMemo(() => {
    const seen = new Set(events.value.map((event) => event.id));
    const shown = [...(older.data?.[0] ?? []).filter((event) => !seen.has(event.id)), ...events.value].filter((event) => Date.parse(event.at) >= start);
    const held = new Set(liveClaims.rows.value.keys());
    const spans = [...(older.data?.[1] ?? []).filter((claim) => !held.has(claim.id)), ...liveClaims.list()];
    return lanesOf(shown, spans, all.value ? 500 : MOST_LANES);
  }, [events.value, liveClaims.rows.value, older.data, start, all.value]);
  const x = (at: string | null): number => Math.max(0, Math.min(WIDTH, (((at ? Date.parse(at) : end) - start) / (end - start)) * WIDTH));
  return (
    <section class="panel timeline" aria-label="Timeline">
      <header class="panel-head">
        <h2>Timeline</h2>
        <div class="segments" role="group" aria-label="Time window">
          {WINDOWS.map(([value, text]) => (
            <button key={value} aria-pressed={hours.value === value} onClick={() => (hours.value = value)}>
              {text}
            </button>
          ))}
        </div>
      </header>
      {lanes.length === 0 ? (
        <p class="muted quiet-line">Quiet for {hours.value === 1 ? "an hour" : `${hours.value} hours`}.</p>
      ) : (
        <div class="lanes" tabIndex={0} role="group" aria-label="Lanes">
          {lanes.map((lane) => (
            <LaneRow key={lane.id} lane={lane} x={x} />
          ))}
          <div class="lane axis muted">
            <span />
            <div class="axis-marks">
              <span>{clock(start)}</span>
              <span>{clock((start + end) / 2)}</span>
              <span>now</span>
            </div>
          </div>
          {(lanes.length === MOST_LANES || all.value) && (
            <button class="button quiet" onClick={() => (all.value = !all.value)}>
              {all.value ? "Show fewer lanes" : "Show all lanes"}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function LaneRow({ lane, x }: { lane: Lane; x: (at: string | null) => number }) {
  let last = -NEAR;
  const dots = lane.dots.filter((event) => {
    const at = x(event.at);
    const isApart = at - last >= NEAR;
    if (isApart) last = at;
    return isApart;
  });
  const label = `${lane.alias}: ${lane.dots.length} events, the last: ${lane.dots.at(-1) ? phrase(lane.dots.at(-1) as BdhEvent) : ""}`;
  return (
    <div class="lane">
      {workspaces.get(lane.id) ? (
        <a class="lane-name" href={href("agents", lane.alias)}>
          {lane.alias}
        </a>
      ) : (
        <span class="lane-name human">{lane.alias}</span>
      )}
      <svg viewBox={`0 0 ${WIDTH} ${LANE}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <line x1="0" x2={WIDTH} y1={LANE / 2} y2={LANE / 2} class="lane-line" />
        {lane.spans.map((claim) => (
          <rect key={claim.id} class="lane-span" x={x(claim.claimed_at)} width={Math.max(2, x(claim.ended_at) - x(claim.claimed_at))} y={LANE / 2 - 4} height="8" rx="2">
            <title>{`${claim.bead_id} ${claim.title}`}</title>
          </rect>
        ))}
        {dots.map((event) => (
          <rect key={event.id} class={`lane-dot mark-${eventTone(event.type)}`} x={x(event.at) - 1.25} width="2.5" y={LANE / 2 - 6} height="12">
            <title>{`${absolute(event.at)}  ${phrase(event)} ${event.entity.type === "bead" ? event.entity.id : ""} ${beadTitle(event)}`}</title>
          </rect>
        ))}
      </svg>
    </div>
  );
}
