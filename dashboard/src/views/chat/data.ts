import { read } from "../../lib/api";
import type { Message, Session } from "../../data/types";

const SESSION = "id,last_seq,created_at,last_message_at,participants:chat_participants(participant_id,kind,name,read_seq,read_at,left_at)";
export const PAGE = 100;

/** Conversations of the project, the latest first. */
export const readSessions = (): Promise<Session[]> =>
  read<Session>("chat_sessions", SESSION, (q) => q.order("last_message_at", { ascending: false, nullsFirst: false }).limit(300));

export async function readSession(id: string): Promise<Session | undefined> {
  return (await read<Session>("chat_sessions", SESSION, (q) => q.eq("id", id)))[0];
}

/** The newest messages in order, or those before a number. */
export async function readMessages(id: string, before?: number): Promise<Message[]> {
  const rows = await read<Message>("chat_messages", "id,session_id,seq,sender,body,created_at", (q) => {
    const of = q.eq("session_id", id).order("seq", { ascending: false }).limit(PAGE);
    return before === undefined ? of : of.lt("seq", before);
  });
  return rows.reverse();
}
