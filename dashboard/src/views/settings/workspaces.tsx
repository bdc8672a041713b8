import { releaseLocks } from "../../data/actions";
import { claimsByHolder, locksByHolder, team } from "../../data/derive";
import { repos, touch, workspaces } from "../../data/store";
import { rpc } from "../../lib/api";
import { href } from "../../lib/route";
import { attempt } from "../../lib/toast";
import { Ago, Empty, PresenceDot } from "../../ui/bits";
import { ask } from "../../ui/dialog";
import { Rows } from "../../ui/rows";
import { showSecret, SecretShown } from "./secret";

type Agent = (typeof team.value)[number];

async function remove(agent: Agent): Promise<void> {
  const sure = await ask({ title: `Remove ${agent.alias}`, text: "Its claims and locks end, its token never works again, its alias is free.", label: "", confirm: "Remove", danger: true });
  if (sure === null) return;
  const undo = workspaces.patch(agent.id, null);
  await attempt(() => rpc("remove_workspace", { alias: agent.alias }), `${agent.alias} is removed`, undo);
}

async function reattach(agent: Agent): Promise<void> {
  const made = await attempt(() => rpc<{ token: string }>("reattach_workspace", { alias: agent.alias }));
  if (made) showSecret(`${agent.alias} may come back, keeping alias and claims. In its directory:`, `bdh :join ${made.token}`);
  touch("workspaces");
}

export function WorkspaceTable() {
  if (!team.value.length) return <Empty title="No workspaces yet"><a href="#/start">Bring an agent in</a></Empty>;
  return (
    <section class="settings-rows">
      <SecretShown />
      <Rows items={team.value} keyOf={(one) => one.id} label="Workspaces" render={(agent) => <AgentRow agent={agent} />} />
    </section>
  );
}

function AgentRow({ agent }: { agent: Agent }) {
  const files = locksByHolder.value.get(agent.id) ?? [];
  const held = claimsByHolder.value.get(agent.id)?.length ?? 0;
  return (
    <div class="row">
      <span class="row-main two-lines">
        <span><PresenceDot lastSeen={agent.last_seen} /> <a class="agent strong" href={href("agents", agent.alias)} data-row>{agent.alias}</a> <span class="muted">{agent.human_name}</span></span>
        <span class="muted clip" title={`${agent.hostname ?? ""} ${agent.path ?? ""}`}>{repos.get(agent.repo_id)?.name} · {agent.hostname} <span class="mono">{agent.path}</span></span>
      </span>
      <span class="row-state muted">{held} {held === 1 ? "claim" : "claims"}, {files.length} {files.length === 1 ? "file" : "files"}</span>
      <span class="row-time muted"><Ago at={agent.last_seen} /></span>
      <span class="actions">
        {files.length > 0 && <button class="button" onClick={() => void releaseLocks(files)}>Release files</button>}
        <button class="button" onClick={() => void reattach(agent)}>Re-attach</button>
        <button class="button danger-text" onClick={() => void remove(agent)}>Remove</button>
      </span>
    </div>
  );
}
