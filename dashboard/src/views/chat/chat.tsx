import { waitsBySession } from "../../data/derive";
import { me } from "../../data/store";
import type { Session } from "../../data/types";
import { useResource } from "../../lib/resource";
import { href, hrefHere, route } from "../../lib/route";
import { second, span } from "../../lib/time";
import { Ago, Empty, Heading, Loading, Problem } from "../../ui/bits";
import { Icon } from "../../ui/icons";
import { Rows } from "../../ui/rows";
import { Split } from "../../ui/split";
import { Conversation } from "./conversation";
import { readSessions } from "./data";
import { NewChat } from "./new-chat";

/** Every conversation of the project; those in which somebody is blocked first. */
export function Chat() {
  const { id } = route.value;
  const found = useResource("chats", readSessions, ["chat"]);
  const isBlocked = (one: Session): number => Number(waitsBySession.value.has(one.id));
  const sessions = [...(found.data ?? [])].sort((a, b) => isBlocked(b) - isBlocked(a));
  const list = !found.data ? (
    found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />
  ) : sessions.length ? (
    <Rows items={sessions} keyOf={(one) => one.id} label="Conversations" render={(one) => <SessionRow session={one} />} />
  ) : (
    <Empty title="No conversations yet"><p class="muted">Agents chat when they are blocked; you can ask one anything.</p></Empty>
  );
  return (
    <div class="view full">
      <Heading title="Chat">
        <span class="grow" />
        <a class="button primary" href={href("chat", "new")}><Icon name="plus" /> New chat</a>
      </Heading>
      <Split label="Conversation" list={list} detail={id === "new" ? <NewChat /> : id ? <Conversation key={id} id={id} /> : null} />
    </div>
  );
}

export const titleOf = (session: Session): string => {
  const mine = me.value?.actor?.id;
  return session.participants.map((one) => (one.participant_id === mine ? "you" : one.name)).join(", ");
};

function SessionRow({ session }: { session: Session }) {
  const mine = session.participants.find((one) => one.participant_id === me.value?.actor?.id);
  const isUnread = mine !== undefined && session.last_seq > mine.read_seq;
  const wait = waitsBySession.value.get(session.id)?.[0];
  return (
    <div class={`row talk-row ${route.value.id === session.id ? "is-open" : ""}`}>
      <a class="row-main two-lines" href={hrefHere(session.id)} data-row aria-current={route.value.id === session.id ? "true" : undefined}>
        <span class={isUnread ? "strong unread" : ""}>{titleOf(session)}</span>
        <span class={wait ? "tone-warn" : "muted"}>
          {wait ? `${wait.waiter.name} has waited ${span((second.value - Date.parse(wait.opened_at)) / 1000)}` : `${session.last_seq} messages`}
        </span>
      </a>
      <span class="row-time muted"><Ago at={session.last_message_at} /></span>
    </div>
  );
}
