import { read, rpc } from "../../lib/api";
import { touch } from "../../data/store";
import type { Mail } from "../../data/types";

export interface Thread {
  id: string;
  newest: Mail;
  count: number;
  isUnread: boolean;
}
interface Page {
  mail: Mail[];
  next_cursor: string | null;
}
const WHOLE =
  "id,thread_id,seq,subject,body,priority,ack_wanted,created_at,sender,recipients:mail_recipients(recipient_id,kind,name,stored_at,shown_at,read_at,acked_at)";
const MOST = 500;

/** Threads of a box, or those with these words, the unread ones first. */
export async function readThreads(box: string, query: string): Promise<Thread[]> {
  const { mail } = query ? await rpc<Page>("search_mail", { query, limit: 200 }) : await rpc<Page>("list_mail", { box, limit: MOST });
  const threads = new Map<string, Thread>();
  for (const one of mail) {
    const found = threads.get(one.thread_id);
    if (!found) threads.set(one.thread_id, { id: one.thread_id, newest: one, count: 1, isUnread: one.unread ?? false });
    else {
      found.count++;
      found.isUnread ||= one.unread ?? false;
      if (one.seq > found.newest.seq) found.newest = one;
    }
  }
  return [...threads.values()].sort((a, b) => Number(b.isUnread) - Number(a.isUnread) || b.newest.seq - a.newest.seq);
}

/** A whole thread by its id, or by that of one of its mails; marks what was unread as read. */
export async function readThread(id: string, mine: string | null): Promise<Mail[]> {
  let rows = await read<Mail>("mail", WHOLE, (q) => q.eq("thread_id", id).order("seq"));
  if (!rows.length) {
    const [one] = await read<Mail>("mail", WHOLE, (q) => q.eq("id", id));
    if (one) rows = await read<Mail>("mail", WHOLE, (q) => q.eq("thread_id", one.thread_id).order("seq"));
  }
  const unread = rows.filter((one) => one.recipients.some((to) => to.recipient_id === mine && !to.read_at));
  if (!unread.length) return rows;
  await Promise.all(unread.map((one) => rpc("open_mail", { id: one.id })));
  // The list, the badge and this thread's receipts are out of date now.
  touch("mail");
  return rows;
}
