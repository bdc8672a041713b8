import { useState } from "preact/hooks";
import { read, rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { touch } from "../../data/store";
import { me } from "../../data/store";
import type { Actor } from "../../data/types";
import { serverIso } from "../../lib/time";
import { attempt } from "../../lib/toast";
import { ActorName, Ago, Problem, Tag } from "../../ui/bits";
import { joinText } from "../start-text";
import { SecretShown, showSecret } from "./secret";

interface Invite {
  id: string;
  kind: string;
  role: string | null;
  email: string | null;
  uses_left: number;
  expires_at: string;
  created_by: Actor;
  created_at: string;
}
const DAY = 86_400;

const readInvites = (): Promise<Invite[]> =>
  read<Invite>("invites", "id,kind,role,email,uses_left,expires_at,created_by,created_at", (q) =>
    q.gt("uses_left", 0).gt("expires_at", serverIso()).order("created_at", { ascending: false }),
  );

export function Invites() {
  const found = useResource("invites", readInvites, ["invites"]);
  return (
    <section>
      <SecretShown />
      <InviteForm />
      <h2>Open invites</h2>
      {found.error && <Problem error={found.error} retry={found.reload} />}
      {(found.data ?? []).map((one) => (
        <div class="row" key={one.id}>
          <span class="row-main two-lines">
            <span>{one.kind === "member" ? `a ${one.role ?? "member"}, ${one.email ?? "anybody"}` : `an agent${one.role ? `, ${one.role}` : ""}`} <Tag>{one.kind}</Tag></span>
            <span class="muted">by <ActorName actor={one.created_by} /> <Ago at={one.created_at} /></span>
          </span>
          <span class="row-state muted">{one.uses_left} {one.uses_left === 1 ? "use" : "uses"} left</span>
          <span class="row-time muted">ends <Ago at={one.expires_at} /></span>
          <button class="button" onClick={() => void attempt(() => rpc("revoke_invite", { invite_id: one.id }), "Revoked").then(() => touch("invites"))}>Revoke</button>
        </div>
      ))}
      {found.data?.length === 0 && <p class="muted">None</p>}
    </section>
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
    if (kind === "member") showSecret("They sign in at this page and enter:", made.token);
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
