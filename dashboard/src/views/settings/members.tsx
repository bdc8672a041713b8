import { members, me } from "../../data/store";
import { readMembers } from "../../data/reads";
import type { Member } from "../../data/types";
import { rpc } from "../../lib/api";
import { enter, refreshMe } from "../../lib/session";
import { attempt } from "../../lib/toast";
import { Ago, PresenceDot, Tag } from "../../ui/bits";
import { ask } from "../../ui/dialog";

async function change(work: () => Promise<unknown>, done: string): Promise<void> {
  await attempt(work, done);
  await Promise.all([readMembers(), refreshMe()]).catch(() => undefined);
}

async function confirmed(title: string, text: string, confirm: string): Promise<boolean> {
  return (await ask({ title, text, label: "", confirm, danger: true })) !== null;
}

export function Members() {
  const role = me.value?.project?.role;
  const mine = me.value?.actor?.id;
  const shown = members.list().sort((a, b) => a.created_at.localeCompare(b.created_at));
  return (
    <section>
      <div data-list class="panel">{shown.map((one) => <MemberRow key={one.id} member={one} role={role} isMe={one.id === mine} />)}</div>
      <p class="actions"><a class="button" href="#/settings/invites">Invite a member</a></p>
    </section>
  );
}

function MemberRow({ member, role, isMe }: { member: Member; role: string | undefined; isMe: boolean }) {
  const isOwner = role === "owner";
  const mayRemove = !isMe && member.role !== "owner" && (isOwner || (role === "admin" && member.role === "member"));
  const setRole = (to: string): Promise<void> => change(() => rpc("update_member", { member_id: member.id, role: to }), `${member.name} is ${to} now`);
  const remove = async (): Promise<void> => {
    if (await confirmed(`Remove ${member.name}`, "Their workspaces stay; their invites end.", "Remove")) await change(() => rpc("remove_member", { member_id: member.id }), `${member.name} is removed`);
  };
  const handOver = async (): Promise<void> => {
    if (await confirmed("Hand the project over", `${member.name} becomes the owner, you become admin.`, "Hand over")) await change(() => rpc("transfer_ownership", { member_id: member.id }), `${member.name} is the owner now`);
  };
  const leave = async (): Promise<void> => {
    if (!(await confirmed("Leave the project", "You see nothing of it any more.", "Leave"))) return;
    if (await attempt(() => rpc("leave_project"), "You have left")) await enter(null);
  };
  return (
    <div class="row">
      <span class="row-main two-lines">
        <span><PresenceDot lastSeen={member.last_seen} /> <span class="strong">{member.name}</span> {isMe && <span class="muted">you</span>}</span>
        <span class="muted clip">{member.email}</span>
      </span>
      {isOwner && member.role !== "owner" ? (
        <select aria-label={`Role of ${member.name}`} value={member.role} onChange={(event) => void setRole(event.currentTarget.value)}>
          <option value="admin" selected={member.role === "admin"}>admin</option>
          <option value="member" selected={member.role === "member"}>member</option>
        </select>
      ) : <Tag>{member.role}</Tag>}
      <span class="row-time muted"><Ago at={member.last_seen} /></span>
      <span class="actions">
        {isOwner && !isMe && <button class="button" onClick={() => void handOver()}>Make owner</button>}
        {mayRemove && <button class="button danger-text" onClick={() => void remove()}>Remove</button>}
        {isMe && member.role !== "owner" && <button class="button danger-text" onClick={() => void leave()}>Leave</button>}
      </span>
    </div>
  );
}
