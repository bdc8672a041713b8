import { signal } from "@preact/signals";
import { rpc } from "../lib/api";
import { me, onTouch } from "./store";

/** How much mail and how many chats are unread by this member; read when something was sent. */
export const unreadMail = signal(0);
export const unreadChats = signal(0);

async function readMail(): Promise<void> {
  if (me.peek()?.project) unreadMail.value = (await rpc<{ unread: number }>("list_mail", { limit: 1 })).unread;
}

async function readChats(): Promise<void> {
  if (me.peek()?.project) unreadChats.value = (await rpc<{ chats: unknown[] }>("chat_pending")).chats.length;
}

const quietly = (work: () => Promise<void>) => (): void => void work().catch(() => undefined);
onTouch("mail", quietly(readMail));
onTouch("chat", quietly(readChats));
me.subscribe((who) => {
  unreadMail.value = unreadChats.value = 0;
  if (!who?.project) return;
  quietly(readMail)();
  quietly(readChats)();
});
