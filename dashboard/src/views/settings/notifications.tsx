import { useState } from "preact/hooks";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { attempt } from "../../lib/toast";
import { email } from "../../lib/session";
import { Ago, Loading, Problem, Tag } from "../../ui/bits";
import { ask } from "../../ui/dialog";
import { Preferences, type Wishes } from "./preferences";
import { canPush, subscribeBrowser } from "./push";
import { SecretShown, showSecret } from "./secret";

interface Channel {
  id: string;
  type: string;
  address: string;
  kinds: string[];
  enabled: boolean;
  created_at: string;
  last_delivered_at: string | null;
  last_error: string | null;
}
interface Channels {
  channels: Channel[];
  preferences: Wishes;
}

const KINDS: [string, string][] = [["escalation", "Questions to the humans"], ["answer", "Answers"], ["mail", "Mail to me"], ["bead_status", "Beads I subscribe to"]];
const USUAL = ["escalation", "answer"];
/** Name, and what its address is; a browser and an e-mail address are known already. */
const TYPES: Record<string, { name: string; asks: string | null; example?: string }> = {
  email: { name: "E-mail", asks: null },
  slack: { name: "Slack", asks: "Incoming webhook URL", example: "https://hooks.slack.com/services/…" },
  discord: { name: "Discord", asks: "Webhook URL", example: "https://discord.com/api/webhooks/…" },
  webhook: { name: "Signed webhook", asks: "URL that takes a POST", example: "https://example.com/bdh" },
  ntfy: { name: "ntfy", asks: "Topic URL", example: "https://ntfy.sh/my-secret-topic" },
  web_push: { name: "This browser", asks: null },
};
const nameOf = (type: string): string => (type === "web_push" ? "Browser" : (TYPES[type]?.name ?? type));

/** How, of what and when this member is told outside of bdh. */
export function Notifications() {
  const found = useResource("channels", () => rpc<Channels>("list_channels"), ["channels"]);
  if (!found.data) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  const { channels, preferences } = found.data;
  return (
    <section class="notifications">
      <SecretShown />
      <h2>Your channels</h2>
      {channels.length ? (
        <ul class="settings-list" aria-label="Channels">{channels.map((one) => <ChannelRow key={one.id} channel={one} />)}</ul>
      ) : (
        <p class="muted">None yet: you are told in the dashboard and in the terminal only.</p>
      )}
      <NewChannel />
      <h2>When</h2>
      <Preferences wishes={preferences} />
    </section>
  );
}

async function change(work: () => Promise<unknown>, done: string): Promise<boolean> {
  const did = await attempt(async () => ((await work()), true), done);
  touch("channels");
  return did === true;
}

async function remove({ id, type, address }: Channel): Promise<void> {
  const sure = await ask({ title: `Remove ${nameOf(type)}`, text: `Nothing is sent to ${address} any more.`, label: "", confirm: "Remove", danger: true });
  if (sure !== null) await change(() => rpc("remove_channel", { channel_id: id }), "Removed");
}

function ChannelRow({ channel }: { channel: Channel }) {
  const { id, type, address, kinds, enabled, last_delivered_at, last_error } = channel;
  const update = (changes: { kinds?: string[]; enabled?: boolean }): void => void change(() => rpc("update_channel", { channel_id: id, ...changes }), "Saved");
  return (
    <li class={`channel ${enabled ? "" : "is-off"}`}>
      <div class="channel-head">
        <span class="strong">{nameOf(type)}</span>
        <span class="muted clip" title={address}>{address}</span>
        {last_error ? <Tag tone="bad" title={last_error}>failing</Tag> : enabled ? <Tag tone="ok">on</Tag> : <Tag>off</Tag>}
        <span class="muted small">{last_delivered_at ? <>used <Ago at={last_delivered_at} /></> : "not used yet"}</span>
        <span class="grow" />
        <button class="button" aria-label={`${enabled ? "Pause" : "Resume"} ${nameOf(type)}`} onClick={() => update({ enabled: !enabled })}>{enabled ? "Pause" : "Resume"}</button>
        <button class="button danger-text" aria-label={`Remove ${nameOf(type)}`} onClick={() => void remove(channel)}>Remove</button>
      </div>
      {last_error && <p class="tone-bad small">{last_error}</p>}
      <KindBoxes kinds={kinds} onChange={(next) => update({ kinds: next })} />
    </li>
  );
}

function KindBoxes({ kinds, onChange }: { kinds: string[]; onChange: (kinds: string[]) => void }) {
  return (
    <fieldset class="kinds">
      <legend class="sr">What to be told of</legend>
      {KINDS.map(([kind, text]) => (
        <label key={kind} class="check">
          <input type="checkbox" checked={kinds.includes(kind)} onChange={(event) => onChange(event.currentTarget.checked ? [...kinds, kind] : kinds.filter((one) => one !== kind))} /> {text}
        </label>
      ))}
    </fieldset>
  );
}

async function add(type: string, address: string | null, kinds: string[]): Promise<boolean> {
  if (type === "web_push") return change(() => subscribeBrowser(kinds), "This browser is told from now on");
  const made = await attempt(() => rpc<{ secret?: string }>("set_channel", { type, address, kinds }), "Added");
  touch("channels");
  if (made?.secret) showSecret("Every request is signed with this secret; put it where the receiver checks it:", made.secret);
  return made !== undefined;
}

function NewChannel() {
  const [type, setType] = useState("email");
  const [kinds, setKinds] = useState(USUAL);
  const [busy, setBusy] = useState(false);
  const { asks, example } = TYPES[type] ?? { asks: null };
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    setBusy(true);
    if (await add(type, String(new FormData(form).get("address") ?? "").trim() || null, kinds)) form.reset();
    setBusy(false);
  };
  const types = Object.entries(TYPES).filter(([one]) => one !== "web_push" || canPush());
  return (
    <form class="new-channel" aria-label="Add a channel" onSubmit={(event) => void submit(event)}>
      <div class="field-line">
        <label class="field">
          <span>Tell me by</span>
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            {types.map(([one, { name }]) => <option key={one} value={one} selected={one === type}>{name}</option>)}
          </select>
        </label>
        {asks ? (
          <label class="field wide"><span>{asks}</span><input name="address" type="url" required placeholder={example} autoComplete="off" key={type} /></label>
        ) : (
          <p class="muted field wide">{type === "email" ? `Goes to your verified address${email.value ? `, ${email.value}` : ""}.` : "Also while this page is closed; the browser asks you once."}</p>
        )}
      </div>
      <KindBoxes kinds={kinds} onChange={setKinds} />
      <div class="actions"><button class="button primary" disabled={busy}>{busy ? "Adding…" : "Add channel"}</button></div>
    </form>
  );
}
