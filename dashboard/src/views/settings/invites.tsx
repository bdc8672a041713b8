import { useState } from "preact/hooks";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { me, touch } from "../../data/store";
import type { Actor } from "../../data/types";
import { attempt } from "../../lib/toast";
import { ActorName, Ago, Problem, Tag } from "../../ui/bits";
import { joinText } from "../start-text";
import { SecretShown, showSecret } from "./secret";

interface Invite {
  id: string;
  kind: string;
  role: string | null;
  email: string | null;
  alias: string | null;
  uses: number;
  expires_at: string;
  created_by: Actor;
  created_at: string;
  mailed_at: string | null;
  delivery: { status: string; attempts: number; error: string | null } | null;
}
const DAY = 86_400;

export function Invites() {
  const found = useResource("invites", async () => (await rpc<{ invites: Invite[] }>("list_invites")).invites, ["invites"]);
  return (
    <section>
      <SecretShown />
      <InviteForm />
      <h2>Open invites</h2>
      {found.error && <Problem error={found.error} retry={found.reload} />}
      {!!found.data?.length && <div class="panel">{found.data.map((one) => <InviteRow key={one.id} invite={one} />)}</div>}
      {found.data?.length === 0 && <p class="muted">None</p>}
    </section>
  );
}

async function change(fn: string, id: string, done: string): Promise<void> {
  await attempt(() => rpc(fn, { invite_id: id }), done);
  touch("invites");
}

/** Whether the e-mail with it has arrived, if there was to be one. */
function Mailed({ invite: { mailed_at, delivery } }: { invite: Invite }) {
  if (!mailed_at) return null;
  if (delivery?.error) return <Tag tone="bad" title={delivery.error}>not delivered</Tag>;
  return <span>, mailed <Ago at={mailed_at} />{delivery?.status === "pending" && ", on its way"}</span>;
}

function InviteRow({ invite }: { invite: Invite }) {
  const { id, kind, role, email, alias, uses, mailed_at } = invite;
  const whom = kind === "member" ? `a ${role ?? "member"}, ${email ?? "anybody"}` : (alias ?? `an agent${role ? `, ${role}` : ""}`);
  return (
    <div class="row">
      <span class="row-main two-lines">
        <span>{whom} <Tag>{kind}</Tag></span>
        <span class="muted">by <ActorName actor={invite.created_by} /> <Ago at={invite.created_at} /><Mailed invite={invite} /></span>
      </span>
      <span class="row-state muted">{uses} {uses === 1 ? "use" : "uses"} left</span>
      <span class="row-time muted">ends <Ago at={invite.expires_at} /></span>
      {mailed_at && <button class="button" onClick={() => void change("resend_invite", id, "Mailed again")}>Mail again</button>}
      <button class="button" onClick={() => void change("revoke_invite", id, "Revoked")}>Revoke</button>
    </div>
  );
}

function InviteForm() {
  const [kind, setKind] = useState("workspace");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const text = (name: string): string | null => String(fields.get(name) ?? "").trim() || null;
    const args = { kind, role: text("role"), email: text("email"), uses: Number(text("uses") ?? 1), expires_seconds: Number(text("days") ?? 7) * DAY };
    const made = await attempt(() => rpc<{ token: string }>("create_invite", args));
    touch("invites");
    if (!made) return;
    if (kind === "member") showSecret(args.email ? `It is mailed to ${args.email}. They sign in at this page and enter:` : "They sign in at this page and enter:", made.token);
    else showSecret("Paste this to the agent, or run its commands in the directory:", joinText(made.token));
  };
  const mayInviteMembers = me.value?.project?.role !== "member";
  return (
    <form class="inline-form invite-form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Invite</span>
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          <option value="workspace">an agent</option>
          {mayInviteMembers && <option value="member">a human</option>}
        </select>
      </label>
      {kind === "member" ? (
        <>
          <label class="field"><span>E-mail (optional)</span><input name="email" type="email" /></label>
          <label class="field"><span>Role</span><select name="role"><option>member</option><option>admin</option></select></label>
        </>
      ) : (
        <>
          <label class="field"><span>Role (optional)</span><input name="role" pattern="[a-z0-9]+(-[a-z0-9]+)*" size={12} /></label>
          <label class="field"><span>Uses</span><input name="uses" type="number" min={1} max={100} defaultValue="1" size={4} /></label>
        </>
      )}
      <label class="field"><span>Days</span><input name="days" type="number" min={1} max={365} defaultValue="7" size={4} /></label>
      <button class="button primary">Make invite</button>
    </form>
  );
}
