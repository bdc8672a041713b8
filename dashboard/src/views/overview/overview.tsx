import { beadCounts, liveLocks, pending, team } from "../../data/derive";
import { beads, claims, events, workspaces } from "../../data/store";
import { Figure, Heading } from "../../ui/bits";
import { Start } from "../start";
import { Activity } from "./activity";
import { Agents } from "./agents";
import { Attention } from "./attention";
import { Timeline } from "./timeline";

/** The whole team at a glance: what needs a human, who does what, what happened. */
export function Overview() {
  if (workspaces.loaded.value && workspaces.rows.value.size === 0 && beads.loaded.value && beads.rows.value.size === 0) return <Start />;
  const counts = beadCounts.value;
  const active = team.value.filter((one) => one.presence === "active").length;
  return (
    <div class="view overview">
      <Heading title="Overview">
        <div class="figures">
          <Figure label={active === 1 ? "agent active" : "agents active"} value={`${active}/${team.value.length}`} tone={active ? "ok" : undefined} />
          <Figure label="in progress" value={claims.rows.value.size} to="#/claims" />
          <Figure label="ready" value={counts.ready} to="#/beads?show=ready" />
          <Figure label="blocked" value={counts.blocked} to="#/beads?show=blocked" />
          <Figure label="closed" value={counts.closed} to="#/beads?show=closed" />
          <Figure label="files held" value={liveLocks.value.length} to="#/files" />
          <Figure label={pending.value.length === 1 ? "question" : "questions"} value={pending.value.length} tone={pending.value.length ? "warn" : undefined} to="#/escalations" />
        </div>
      </Heading>
      <Attention />
      <div class="overview-columns">
        <Agents />
        <div class="overview-side">
          <Timeline />
          <Activity events={events.value} />
        </div>
      </div>
    </div>
  );
}
