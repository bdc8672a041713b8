import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { attempt } from "../../lib/toast";
import { Ago, Empty, Loading, Problem, Tag } from "../../ui/bits";
import { Rows } from "../../ui/rows";

interface Delivery {
  id: string;
  kind: string;
  status: "pending" | "parked";
  attempts: number;
  error: string | null;
  recipient: { name: string };
  subject: string | null;
  created_at: string;
}

const retry = (ids: string[] | null): void =>
  void attempt(() => rpc("retry_outbox", { ids }), "Tried again within a minute").then(() => touch("outbox"));

/** Messages for outside channels that wait, or were given up after eight attempts. */
export function Deliveries() {
  const found = useResource("outbox", () => rpc<{ deliveries: Delivery[] }>("list_outbox", { limit: 200 }), ["outbox"]);
  const rows = found.data?.deliveries;
  if (!rows) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  if (!rows.length) return <Empty title="Everything was delivered"><p class="muted"><a href="#/settings/notifications">How you are told</a> is set up under Notifications.</p></Empty>;
  return (
    <section class="settings-rows">
      {rows.some((one) => one.status === "parked") && <p class="actions"><button class="button" onClick={() => retry(null)}>Try all parked again</button></p>}
      <Rows items={rows} keyOf={(one) => one.id} label="Deliveries" render={(one) => <DeliveryRow row={one} />} />
    </section>
  );
}

function DeliveryRow({ row }: { row: Delivery }) {
  return (
    <div class="row">
      <span class="row-main two-lines">
        <span>{row.subject ?? row.kind} <span class="muted">to {row.recipient.name}</span></span>
        <span class="muted clip">{row.error ?? "not tried yet"}</span>
      </span>
      <Tag tone={row.status === "parked" ? "bad" : ""}>{row.status}</Tag>
      <span class="row-state muted">{row.attempts === 1 ? "1 attempt" : `${row.attempts} attempts`}</span>
      <span class="row-time muted"><Ago at={row.created_at} /></span>
      {row.status === "parked" && <button class="button" onClick={() => retry([row.id])}>Try again</button>}
    </div>
  );
}
