import { useSignal } from "@preact/signals";
import { askToRelease } from "../data/questions";
import { isStale } from "../data/derive";
import { beads, claims, me, workspaces } from "../data/store";
import type { Claim } from "../data/types";
import { route, setQuery } from "../lib/route";
import { Ago, BeadLink, Empty, Heading, HolderName, PresenceDot, Tag } from "../ui/bits";
import { Rows } from "../ui/rows";

/** Who works on what, since when; what looks abandoned can be released with a reason. */
export function Claims() {
  const asked = route.value.query.get("show");
  const show = asked === "stale" || asked === "mine" ? asked : "all";
  const filter = useSignal("");
  const words = filter.value.toLowerCase();
  const all = claims.list().sort((a, b) => b.claimed_at.localeCompare(a.claimed_at));
  const stale = all.filter(isStale);
  const mine = all.filter((claim) => claim.holder_id === me.value?.actor?.id);
  const from = { all, stale, mine }[show];
  const shown = from.filter((claim) => `${claim.bead_id} ${claim.title} ${claim.holder_name}`.toLowerCase().includes(words));
  return (
    <div class="view full">
      <Heading title="Claims">
        <div class="segments" role="group" aria-label="Which claims">
          <button aria-pressed={show === "all"} onClick={() => setQuery({ show: null })}>All {all.length}</button>
          <button aria-pressed={show === "stale"} onClick={() => setQuery({ show: "stale" })}>Stale {stale.length}</button>
          <button aria-pressed={show === "mine"} onClick={() => setQuery({ show: "mine" })}>Mine {mine.length}</button>
        </div>
        <input type="search" placeholder="Bead or agent" aria-label="Filter claims" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
      </Heading>
      {shown.length ? (
        <Rows items={shown} keyOf={(claim) => claim.id} label="Claims" render={(claim) => <ClaimRow claim={claim} />} />
      ) : (
        <Empty title={from.length ? "No claim fits" : show === "stale" ? "No claim is stale" : "Nobody has claimed anything"}>
          {!from.length && show === "all" && <p class="muted">An agent claims with <code>bdh claim ID</code> or <code>bdh ready --claim</code>.</p>}
        </Empty>
      )}
    </div>
  );
}

export function ClaimRow({ claim, hideHolder }: { claim: Claim; hideHolder?: boolean }) {
  const epic = claim.apex_id !== claim.bead_id ? (beads.get(claim.apex_id)?.title ?? claim.apex_id) : null;
  const holder = workspaces.get(claim.holder_id);
  return (
    <div class="claim-row row">
      <span class="row-main">
        <BeadLink id={claim.bead_id} title={claim.title} row />
        {epic && <span class="muted epic">in {epic}</span>}
      </span>
      {!hideHolder && (
        <span class="row-holder">
          {holder && <PresenceDot lastSeen={holder.last_seen} />} <HolderName id={claim.holder_id} kind={claim.holder_kind} name={claim.holder_name} />
        </span>
      )}
      <span class="row-state">{isStale(claim) && <Tag tone="warn" title="Its holder has been away for long">stale</Tag>}</span>
      <span class="row-time muted">
        <Ago at={claim.claimed_at} />
      </span>
      <button class="button" onClick={() => void askToRelease(claim)}>
        Release
      </button>
    </div>
  );
}
