import { useRef } from "preact/hooks";
import { me, touch } from "../../data/store";
import type { Mail, Receipt } from "../../data/types";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { absolute } from "../../lib/time";
import { attempt } from "../../lib/toast";
import { ActorName, Ago, Empty, Loading, Problem, Tag } from "../../ui/bits";
import { Markdown } from "../../ui/markdown";
import { readThread } from "./data";

export function ThreadView({ id }: { id: string }) {
  const mine = me.value?.actor?.id ?? null;
  const found = useResource(`thread ${id}`, () => readThread(id, mine), ["mail"]);
  const mails = found.data;
  if (!mails) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  const last = mails.at(-1);
  if (!last) return <Empty title="There is no such mail" />;
  return (
    <article class="detail">
      <h2 class="detail-title">{mails[0]?.subject || "(no subject)"}</h2>
      {mails.map((one) => (
        <Letter key={one.id} mail={one} mine={mine} />
      ))}
      <Reply to={last} />
    </article>
  );
}

function Letter({ mail, mine }: { mail: Mail; mine: string | null }) {
  const own = mail.recipients.find((one) => one.recipient_id === mine);
  const ack = (): void => void attempt(() => rpc("ack_mail", { ids: [mail.id] }), "Acknowledged").then(() => touch("mail"));
  return (
    <section class="comment letter">
      <p class="comment-head">
        <ActorName actor={mail.sender} full /> <span class="muted">to {names(mail.recipients)} · <Ago at={mail.created_at} /></span>
        {mail.priority !== "normal" && <Tag tone={mail.priority === "urgent" ? "bad" : "warn"}>{mail.priority}</Tag>}
      </p>
      <Markdown text={mail.body} />
      <Receipts recipients={mail.recipients} wantsAck={mail.ack_wanted} />
      {own && mail.ack_wanted && !own.acked_at && <button class="button" onClick={ack}>Acknowledge</button>}
    </section>
  );
}

function names(recipients: Receipt[]): string {
  const all = recipients.map((one) => one.name);
  return all.length > 4 ? `${all.slice(0, 3).join(", ")} and ${all.length - 3} more` : all.join(", ");
}

/** Stored, shown, read, acknowledged: how far each copy got. */
function Receipts({ recipients, wantsAck }: { recipients: Receipt[]; wantsAck: boolean }) {
  const far = (one: Receipt): [string, string] =>
    one.acked_at ? ["acknowledged", one.acked_at] : one.read_at ? ["read", one.read_at] : one.shown_at ? ["shown", one.shown_at] : ["stored", one.stored_at];
  const count = (name: "read_at" | "acked_at"): number => recipients.filter((one) => one[name]).length;
  return (
    <details class="receipts">
      <summary class="muted">
        read by {count("read_at")} of {recipients.length}
        {wantsAck && `, acknowledged by ${count("acked_at")}`}
      </summary>
      <ul class="refs">
        {recipients.map((one) => {
          const [state, at] = far(one);
          return <li key={one.recipient_id ?? one.id}>{one.name} <span class="muted" title={absolute(at)}>{state} <Ago at={at} /></span></li>;
        })}
      </ul>
    </details>
  );
}

function Reply({ to }: { to: Mail }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = box.current?.value.trim();
    if (!body) return;
    const sent = await attempt(() => rpc("send_mail", { body, in_reply_to: to.id, idempotency_key: crypto.randomUUID() }), "Sent");
    if (sent && box.current) box.current.value = "";
    touch("mail");
  };
  return (
    <form class="compose-line" onSubmit={(event) => void send(event)}>
      <textarea ref={box} rows={3} placeholder="Reply" aria-label="Reply" required />
      <button class="button primary">Reply</button>
    </form>
  );
}
