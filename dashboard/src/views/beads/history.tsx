import type { BdhEvent } from "../../data/types";
import { phrase } from "../../data/words";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { ActorName, Ago } from "../../ui/bits";
import type { BeadFull } from "./detail-types";

/** Who held it and everything that happened to it, newest first. */
export function History({ bead }: { bead: BeadFull }) {
  const log = useResource(
    `history ${bead.id}`,
    () => rpc<{ events: BdhEvent[] }>("list_events", { entity_type: "bead", entity_id: bead.id, limit: 200 }),
    [`bead:${bead.id}`],
  );
  return (
    <details class="text-part" open>
      <summary>History</summary>
      <ol class="history">
        {(log.data?.events ?? []).slice().reverse().map((event) => (
          <li key={event.id}>
            <ActorName actor={event.actor} /> {phrase(event).replace(/( of|:)$/, "")} <Changes event={event} /> <span class="muted"><Ago at={event.at} /></span>
          </li>
        ))}
      </ol>
      {bead.claims.length > 0 && (
        <>
          <h3>Holders</h3>
          <ol class="history">
            {bead.claims.map((claim) => (
              <li key={claim.id}>
                <ActorName actor={claim.holder} full /> <span class="muted">since <Ago at={claim.claimed_at} /></span>
                {claim.ended_at && <span class="muted">, until <Ago at={claim.ended_at} /> ({(claim.ended_reason ?? "").replace("_", " ")})</span>}
              </li>
            ))}
          </ol>
        </>
      )}
    </details>
  );
}

function Changes({ event }: { event: BdhEvent }) {
  const { note, reason } = event.data;
  const words = note ?? (event.type.startsWith("claim.") ? null : reason);
  return typeof words === "string" && words ? <q>{words}</q> : null;
}
