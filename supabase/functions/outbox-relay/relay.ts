/**
 * Deliver what is due, at least once: a crash between delivery and settlement repeats the delivery
 * when the lease lapses, under the same idempotency key.
 */

import type { Backend } from "../_shared/backend.ts";
import { newPushKeys } from "./push.ts";
import type { Channel, Lease, OutboxRow, Outcome, PushKeys } from "./types.ts";

export interface Deps {
  backend: Backend;
  deliver(row: OutboxRow, channel: Channel, pushKeys: PushKeys): Promise<Outcome>;
}

export interface Tally {
  delivered: number;
  pending: number;
  parked: number;
}

const BATCH = 20;
/** Longer than the slowest delivery, so that only a dead worker loses its lease. */
const LEASE_SECONDS = 60;
const MAX_BATCHES = 50;

/** Work until nothing is due; how the rows ended. */
export async function relay(deps: Deps): Promise<Tally> {
  const tally: Tally = { delivered: 0, pending: 0, parked: 0 };
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const leased = await deps.backend.call<Lease>("lease_outbox", {
      p_limit: BATCH,
      p_seconds: LEASE_SECONDS,
    });
    // Also with nothing to send: a browser may be waiting for a key to subscribe with.
    const keys = leased.push_keys ?? await keepPushKeys(deps.backend);
    const work = leased.rows.filter((row) => row.channels !== null);
    if (work.length === 0) break;
    const ends = await Promise.all(work.map((row) => deliverRow(deps, row, leased.lease, keys)));
    for (const end of ends) if (end in tally) tally[end as keyof Tally]++;
  }
  return tally;
}

async function deliverRow(deps: Deps, row: OutboxRow, lease: string, keys: PushKeys) {
  const results = await Promise.all(row.channels.map(async (channel) => ({
    channel_id: channel.id,
    ...await deps.deliver(row, channel, keys),
  })));
  const settled = await deps.backend.call<{ status: string }>("settle_outbox", {
    p_id: row.id,
    p_lease: lease,
    p_results: results,
  });
  return settled.status;
}

/** The first pair that was ever kept wins: browsers subscribe to one key. */
async function keepPushKeys(backend: Backend): Promise<PushKeys> {
  const made = await newPushKeys();
  return await backend.call<PushKeys>("keep_push_keys", {
    p_public: made.public,
    p_private: made.private,
  });
}
