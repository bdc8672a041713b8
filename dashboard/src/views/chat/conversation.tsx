import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { waitsBySession, nameOf } from "../../data/derive";
import { me, touch } from "../../data/store";
import type { Message, Session, Wait } from "../../data/types";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { attempt } from "../../lib/toast";
import { second, serverIso, span } from "../../lib/time";
import { ActorName, Ago, Empty, Loading, Problem } from "../../ui/bits";
import { Markdown } from "../../ui/markdown";
import { titleOf } from "./chat";
import { PAGE, readMessages, readSession } from "./data";

/** One conversation: anybody's may be read, joining makes one a participant who can answer. */
export function Conversation({ id }: { id: string }) {
  const [older, setOlder] = useState<Message[]>([]);
  const [hasMore, setMore] = useState(true);
  const [sending, setSending] = useState<Message[]>([]);
  const found = useResource(`chat ${id}`, () => Promise.all([readSession(id), readMessages(id)]), [`chat:${id}`]);
  const [session, newest] = found.data ?? [undefined, []];
  const isIn = session?.participants.some((one) => one.participant_id === me.value?.actor?.id && !one.left_at) ?? false;
  useMarkRead(session, isIn);
  if (!found.data) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  if (!session) return <Empty title="There is no such conversation" />;
  const first = newest[0]?.seq ?? 0;
  const seen = new Set(newest.map((one) => one.body + one.sender.id));
  const messages = [...older.filter((one) => one.seq < first), ...newest, ...sending.filter((one) => !seen.has(one.body + one.sender.id))];
  const loadOlder = async (): Promise<void> => {
    const page = await attempt(() => readMessages(id, messages[0]?.seq));
    if (page) setOlder([...page, ...older]);
    setMore((page?.length ?? 0) === PAGE);
  };
  const send = (body: string): Promise<boolean> => sendMessage(session, body, setSending, found.reload);
  return (
    <article class="conversation">
      <h2 class="detail-title">{titleOf(session)}</h2>
      <Messages messages={messages} session={session} more={hasMore && (messages[0]?.seq ?? 1) > 1 ? loadOlder : null} />
      <Waiting waits={waitsBySession.value.get(id) ?? []} />
      {isIn ? <Compose onSend={send} id={id} /> : <Join id={id} onJoined={found.reload} />}
    </article>
  );
}

function useMarkRead(session: Session | undefined, isIn: boolean): void {
  const mine = session?.participants.find((one) => one.participant_id === me.peek()?.actor?.id);
  const isUnread = isIn && session !== undefined && session.last_seq > (mine?.read_seq ?? 0);
  useEffect(() => {
    if (!isUnread || !session || document.hidden) return;
    void rpc("chat_open", { chat: session.id }).then(() => touch("chat"), () => undefined);
  }, [isUnread, session?.last_seq]);
}

async function sendMessage(session: Session, body: string, show: (rows: Message[]) => void, reload: () => void): Promise<boolean> {
  const sender = me.peek()?.actor;
  if (!sender) return false;
  show([{ id: "sending", session_id: session.id, seq: session.last_seq + 1, sender, body, created_at: serverIso() }]);
  const sent = await attempt(() => rpc("chat_send", { body, session_id: session.id, idempotency_key: crypto.randomUUID() }), undefined, () => show([]));
  reload();
  setTimeout(() => show([]), 500);
  return sent !== undefined;
}

function Messages({ messages, session, more }: { messages: Message[]; session: Session; more: (() => Promise<void>) | null }) {
  const box = useRef<HTMLDivElement>(null);
  const last = messages.at(-1)?.seq;
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    // Who reads further up is not taken away from there.
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last]);
  const onScroll = ({ currentTarget: { scrollTop, clientHeight, scrollHeight } }: { currentTarget: HTMLElement }): void =>
    void (isAtEnd.current = scrollHeight - scrollTop - clientHeight < 60);
  return (
    <div class="messages" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label="Messages">
      {more && <button class="button quiet" onClick={() => void more()}>Earlier messages</button>}
      {messages.map((one) => (
        <div key={one.id} class={`message ${one.sender.id === me.value?.actor?.id ? "mine" : ""} ${one.id === "sending" ? "sending" : ""}`}>
          <p class="comment-head">
            <ActorName actor={one.sender} full /> <span class="muted"><Ago at={one.created_at} /></span>
            <Readers message={one} session={session} />
          </p>
          <Markdown text={one.body} />
        </div>
      ))}
      {messages.length === 0 && <p class="muted">No messages yet</p>}
    </div>
  );
}

/** Under the last message of a sender: who has read that far. */
function Readers({ message, session }: { message: Message; session: Session }) {
  if (message.seq !== session.last_seq || message.id === "sending") return null;
  const readers = session.participants.filter((one) => one.participant_id !== message.sender.id && one.read_seq >= message.seq);
  return <span class="muted readers">{readers.length ? `read by ${readers.map((one) => one.name).join(", ")}` : "not read yet"}</span>;
}

function Waiting({ waits }: { waits: Wait[] }) {
  return (
    <>
      {waits.map((wait) => (
        <p key={wait.id} class="waiting tone-warn" role="status">
          {wait.waiter.name} waits for {wait.targets.map((id) => (id === me.value?.actor?.id ? "you" : nameOf(id))).join(", ")}:{" "}
          {span((second.value - Date.parse(wait.opened_at)) / 1000)} so far, {span((Date.parse(wait.deadline) - second.value) / 1000)} left
        </p>
      ))}
    </>
  );
}

function Join({ id, onJoined }: { id: string; onJoined: () => void }) {
  const join = async (): Promise<void> => {
    if (await attempt(() => rpc("chat_join", { session_id: id }))) onJoined();
    touch("chat");
  };
  return (
    <div class="actions join">
      <span class="muted">You are watching.</span>
      <button class="button primary" onClick={() => void join()}>Join and answer</button>
    </div>
  );
}

export function Compose({ onSend, id, label = "Message" }: { onSend: (body: string) => Promise<boolean>; id?: string; label?: string }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = box.current?.value.trim();
    if (!body || !box.current) return;
    box.current.value = "";
    if (!(await onSend(body)) && box.current) box.current.value = body;
    box.current?.focus();
  };
  const leave = (): void => void attempt(() => rpc("chat_leave", { chat: id }), "You left the chat").then(() => touch("chat"));
  return (
    <form class="compose-line" onSubmit={(event) => void submit(event)}>
      <textarea ref={box} rows={2} placeholder={label} aria-label={label} required onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        event.currentTarget.form?.requestSubmit();
      }} />
      <button class="button primary">Send</button>
      {id && <button type="button" class="button quiet" onClick={leave}>Leave</button>}
    </form>
  );
}
