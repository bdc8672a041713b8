import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { attempt } from "../../lib/toast";

/** Be told when this bead's status changes, or no longer. */
export function Subscription({ id }: { id: string }) {
  const found = useResource("subscriptions", () => rpc<{ subscriptions: { bead_id: string }[] }>("list_subscriptions", { limit: 500 }), ["subscriptions"]);
  if (!found.data) return null;
  const isOn = found.data.subscriptions.some((one) => one.bead_id === id);
  const toggle = (): void =>
    void attempt(() => rpc(isOn ? "unsubscribe" : "subscribe", { bead_ids: [id] }), isOn ? "You are not told any more" : "You are told when its status changes").then(() => touch("subscriptions"));
  return (
    <button class="button" aria-pressed={isOn} onClick={toggle}>
      {isOn ? "Unsubscribe" : "Subscribe"}
    </button>
  );
}
