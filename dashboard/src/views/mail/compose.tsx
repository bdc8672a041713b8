import { useSignal } from "@preact/signals";
import { useState } from "preact/hooks";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { go, route } from "../../lib/route";
import { attempt, say } from "../../lib/toast";
import { Recipients } from "../../ui/recipients";

interface Sent {
  id: string;
  thread_id: string;
}

export function ComposeMail() {
  const to = useSignal<string[]>((route.value.query.get("to") ?? "").split(",").filter(Boolean));
  const [busy, setBusy] = useState(false);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const text = (name: string): string => String(fields.get(name) ?? "").trim();
    if (!to.value.length) return say("To whom?", "bad", "Name an agent, a role or @all");
    setBusy(true);
    const args = { to: to.value, subject: text("subject") || null, body: text("body"), priority: text("priority"), ack: fields.has("ack"), idempotency_key: crypto.randomUUID() };
    const sent = await attempt(() => rpc<Sent>("send_mail", args), "Sent");
    setBusy(false);
    touch("mail");
    if (sent) go("mail", sent.thread_id, { box: "sent" });
  };
  return (
    <form class="detail" onSubmit={(event) => void send(event)}>
      <h2>New mail</h2>
      <Recipients to={to} groups />
      <label class="field"><span>Subject</span><input name="subject" maxLength={300} /></label>
      <label class="field"><span>Text</span><textarea name="body" rows={10} required /></label>
      <div class="field-line">
        <label class="field">
          <span>Priority</span>
          <select name="priority">
            {["normal", "urgent", "high", "low"].map((one) => <option key={one} value={one}>{one}</option>)}
          </select>
        </label>
        <label class="check"><input type="checkbox" name="ack" /> Ask for an acknowledgement</label>
      </div>
      <div class="actions"><button class="button primary" disabled={busy}>Send</button></div>
    </form>
  );
}
