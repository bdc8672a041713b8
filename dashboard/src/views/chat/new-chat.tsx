import { useSignal } from "@preact/signals";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { go, route } from "../../lib/route";
import { attempt } from "../../lib/toast";
import { Recipients } from "../../ui/recipients";
import { Compose } from "./conversation";

export function NewChat() {
  const to = useSignal<string[]>((route.value.query.get("to") ?? "").split(",").filter(Boolean));
  const send = async (body: string): Promise<boolean> => {
    const sent = await attempt(() => rpc<{ session_id: string }>("chat_send", { to: to.value, body, idempotency_key: crypto.randomUUID() }));
    touch("chat");
    if (sent) go("chat", sent.session_id);
    return sent !== undefined;
  };
  return (
    <div class="detail">
      <h2>New chat</h2>
      <Recipients to={to} groups={false} />
      <Compose onSend={send} />
      <p class="muted">An agent sees it at its next command, or at once while it listens.</p>
    </div>
  );
}
