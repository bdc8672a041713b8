import { rpc } from "../../lib/api";
import { Refusal } from "../../lib/refusal";
import { permission } from "../escalations/notify";

const PATIENCE_SECONDS = 30;

export const canPush = (): boolean => "serviceWorker" in navigator && "PushManager" in window && isSecureContext;

/** Be told in this browser, also while the page is closed; asks the browser's user first. */
export async function subscribeBrowser(kinds: string[]): Promise<void> {
  permission.value = await Notification.requestPermission();
  if (permission.value !== "granted") throw new Refusal("This browser does not let bdh notify you", "not_permitted", "Allow notifications for this page in the browser's settings");
  const { endpoint, keys } = await subscription(await pushKey());
  await rpc("set_channel", { type: "web_push", address: endpoint, kinds, config: { p256dh: keys?.["p256dh"], auth: keys?.["auth"] } });
}

/** The relay makes the key when it is asked for the first time, within seconds if it runs at all. */
async function pushKey(): Promise<string> {
  for (let waited = 0; waited < PATIENCE_SECONDS; waited++) {
    const { push_key } = await rpc<{ push_key: string | null }>("ask_push_key");
    if (push_key) return push_key;
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Refusal("Nothing can be pushed yet: the relay has not answered", "no_push_key", "bdh :doctor says whether messages are sent outside");
}

async function subscription(key: string): Promise<PushSubscriptionJSON> {
  await navigator.serviceWorker.register("./sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  try {
    return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal("This browser has no push service to subscribe to", "no_push_service", reason);
  }
}
