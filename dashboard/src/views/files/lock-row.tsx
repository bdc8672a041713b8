import { releaseLocks } from "../../data/actions";
import { nameOf } from "../../data/derive";
import { workspaces } from "../../data/store";
import type { Lock } from "../../data/types";
import { second, span } from "../../lib/time";
import { BeadLink, HolderName, PresenceDot, Tag } from "../../ui/bits";

export function LockRow({ lock, hideHolder, name }: { lock: Lock; hideHolder?: boolean; name?: string }) {
  const holder = workspaces.get(lock.workspace_id);
  const left = (Date.parse(lock.expires_at) - second.value) / 1000;
  return (
    <div class="lock-row row">
      <span class="row-main mono" title={lock.path}>
        {name ?? lock.path}
        {lock.is_directory && !(name ?? lock.path).endsWith("/") ? "/" : ""}
      </span>
      {!hideHolder && (
        <span class="row-holder">
          {holder && <PresenceDot lastSeen={holder.last_seen} />} <HolderName id={lock.workspace_id} kind="workspace" name={nameOf(lock.workspace_id)} row />
        </span>
      )}
      <span class="row-state">
        {lock.mode === "shared" && <Tag>shared</Tag>}
        {lock.automatic && <Tag title="Made by a hook when the file was edited">auto</Tag>}
        {lock.bead_id && <BeadLink id={lock.bead_id} />}
        {lock.reason && <span class="muted reason" title={lock.reason}>{lock.reason}</span>}
      </span>
      <span class={`row-time ${left < 120 ? "tone-warn" : "muted"}`} title={`until ${new Date(lock.expires_at).toLocaleTimeString()}`}>
        {left > 0 ? `${span(left)} left` : "lapsing"}
      </span>
      <button class="button" onClick={() => void releaseLocks([lock])}>
        Release
      </button>
    </div>
  );
}
