import { useState } from "preact/hooks";
import { answerEscalation, withdrawEscalation, type Answer } from "../../data/actions";
import { pending } from "../../data/derive";
import { readEscalations } from "../../data/reads";
import { escalations } from "../../data/store";
import type { Context, Escalation } from "../../data/types";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { ActorName, Ago, BeadLink, Empty, Loading, Problem, Tag } from "../../ui/bits";
import { Markdown } from "../../ui/markdown";

/** A link to an escalation only shows it; answering is always a press of a button. */
export function EscalationDetail({ id }: { id: string }) {
  const known = escalations.get(id);
  const found = useResource(known ? null : `escalation ${id}`, async () => {
    const { id: whole } = await rpc<{ id: string }>("show_escalation", { id });
    await readEscalations([whole]);
    return whole;
  });
  const row = known ?? escalations.get(found.data);
  if (!row) return found.error ? <Problem error={found.error} /> : found.loading ? <Loading /> : <Empty title="There is no such question" />;
  const isOpen = pending.value.some((one) => one.id === row.id);
  return (
    <article class="detail">
      <p class="detail-head">
        <ActorName actor={row.asker} full /> asked <Ago at={row.created_at} />
        {isOpen ? row.expires_at && <span class="tone-warn">expires <Ago at={row.expires_at} /></span> : <Tag tone={row.status === "answered" ? "ok" : ""}>{row.status === "pending" ? "expired" : row.status}</Tag>}
      </p>
      <h2 class="detail-title">{row.subject}</h2>
      <Markdown text={row.situation} />
      {isOpen ? <AnswerForm row={row} /> : <Outcome row={row} />}
      <ContextPart context={row.context} />
    </article>
  );
}

function AnswerForm({ row }: { row: Escalation }) {
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const answer = async (given: Answer): Promise<void> => {
    setBusy(true);
    await answerEscalation(row, { ...given, note });
    setBusy(false);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = String(new FormData(event.target as HTMLFormElement).get("answer")).trim();
    if (text) void answer({ answer: text });
  };
  return (
    <section class="answer" aria-label="Answer">
      <div class="options">
        {row.options.map((option, n) => (
          <button key={n} class="button primary" disabled={busy} onClick={() => void answer({ option: n + 1 })}>
            {option}
          </button>
        ))}
      </div>
      <form onSubmit={submit}>
        <label class="field">
          <span>{row.options.length ? "Or answer in your own words" : "Answer"}</span>
          <textarea name="answer" rows={3} required />
        </label>
        <label class="field">
          <span>Note (optional, goes with either)</span>
          <input value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <div class="actions">
          <button class="button" disabled={busy}>Send answer</button>
          <button type="button" class="button quiet" disabled={busy} onClick={() => void withdrawEscalation(row)}>Withdraw the question</button>
        </div>
      </form>
    </section>
  );
}

function Outcome({ row }: { row: Escalation }) {
  if (!row.answer) return <p class="muted">{row.status === "withdrawn" ? "Withdrawn" : "Expired"} <Ago at={row.closed_at ?? row.expires_at} /></p>;
  return (
    <section class="outcome">
      <p class="muted">
        <ActorName actor={row.closed_by} /> answered <Ago at={row.closed_at} /> · {row.shown_at ? <>seen by the asker <Ago at={row.shown_at} /></> : "not yet seen by the asker"}
      </p>
      <Markdown text={row.answer} />
      {row.note && <p class="muted">{row.note}</p>}
    </section>
  );
}

function ContextPart({ context }: { context: Context }) {
  const { claims = [], locks = [], branch, messages = [] } = context;
  if (!claims.length && !locks.length && !branch && !messages.length) return null;
  return (
    <section class="text-part context">
      <h3>What the agent was doing</h3>
      <dl class="facts">
        {branch && <div><dt>Branch</dt><dd class="mono">{branch}</dd></div>}
        {claims.length > 0 && <div><dt>Claims</dt><dd>{claims.map((one) => <BeadLink key={one.bead_id} id={one.bead_id} title={one.bead_title ?? one.title} />)}</dd></div>}
        {locks.length > 0 && <div><dt>Files</dt><dd class="mono">{locks.map((one) => one.path).join(", ")}</dd></div>}
      </dl>
      {messages.length > 0 && (
        <details>
          <summary>Last messages <span class="muted">{messages.length}</span></summary>
          {messages.map((one, n) => (
            <div class="comment" key={n}>
              <p class="comment-head"><b>{one.sender}</b> <span class="muted">{one.kind} <Ago at={one.at} /></span></p>
              {one.subject && <p class="strong">{one.subject}</p>}
              <Markdown text={one.text} />
            </div>
          ))}
        </details>
      )}
    </section>
  );
}
