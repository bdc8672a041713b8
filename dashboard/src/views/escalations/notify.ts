import { signal } from "@preact/signals";
import { pending } from "../../data/derive";
import { go } from "../../lib/route";

/** Whether this browser may say so when a question comes in; asked for by a button only. */
export const permission = signal<NotificationPermission | "unsupported">("Notification" in window ? Notification.permission : "unsupported");

export async function allowNotifications(): Promise<void> {
  permission.value = await Notification.requestPermission();
}

/** One notification for each escalation that comes in while the page is open. */
export function notifyOfEscalations(): () => void {
  let known: Set<string> | null = null;
  return pending.subscribe((rows) => {
    const fresh = known ? rows.filter((row) => !known?.has(row.id)) : [];
    if (rows.length || known) known = new Set([...(known ?? []), ...rows.map((row) => row.id)]);
    if (permission.value !== "granted" || document.hasFocus()) return;
    for (const row of fresh) {
      const shown = new Notification(`${row.asker.name} asks`, { body: row.subject, tag: row.id });
      shown.onclick = () => {
        window.focus();
        go("escalations", row.id);
      };
    }
  });
}
