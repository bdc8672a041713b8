import { me } from "../../data/store";
import { rpc } from "../../lib/api";
import { refreshMe } from "../../lib/session";
import { attempt } from "../../lib/toast";

type Kind = "seconds" | "yes" | readonly string[];
const KNOWN: [string, string, string, Kind][] = [
  ["stale_claim_after_seconds", "Claims are stale after", "when their holder has been away this long", "seconds"],
  ["guard_mode", "Git hooks", "what a commit that touches a file held by another agent meets", ["warn", "block", "off"]],
  ["edit_guard_mode", "Agent hosts", "what an edit of a file held by another agent meets", ["deny", "warn", "off"]],
  ["allow_siblings", "Agents may add worktrees", "of their own repository and human, within the plan", "yes"],
  ["bead_commit_trailer", "Commit trailer", "git commits name the claimed bead", "yes"],
  ["export_on_commit", "Export on commit", "writes .beads/issues.jsonl with every commit", "yes"],
];

export function ProjectSettings() {
  const project = me.value?.project;
  if (!project) return null;
  const mayChange = project.role === "owner" || project.role === "admin";
  const change = async (name: string, value: unknown): Promise<void> => {
    await attempt(() => rpc("project_settings", { changes: { [name]: value } }), "Saved");
    await refreshMe();
  };
  return (
    <section>
      <dl class="facts">
        <div><dt>Name</dt><dd>{project.name}</dd></div>
        <div><dt>Slug</dt><dd class="mono">{project.slug}</dd></div>
        <div><dt>Prefix of beads</dt><dd class="mono">{project.prefix}-</dd></div>
        <div><dt>Your role</dt><dd>{project.role}</dd></div>
      </dl>
      <div class="settings-list">
        {KNOWN.map(([name, title, text, kind]) => (
          <label key={name} class="setting">
            <span><b>{title}</b> <span class="muted">{text}</span></span>
            <Control kind={kind} value={project.settings[name]} disabled={!mayChange} onChange={(value) => void change(name, value)} />
          </label>
        ))}
      </div>
      {!mayChange && <p class="muted">An owner or admin may change these.</p>}
    </section>
  );
}

interface ControlProps {
  kind: Kind;
  value: unknown;
  disabled: boolean;
  onChange: (value: unknown) => void;
}

function Control({ kind, value, disabled, onChange }: ControlProps) {
  if (kind === "yes") return <input type="checkbox" checked={value === true} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (kind === "seconds") {
    return (
      <span>
        <input type="number" min={1} step="any" size={6} value={Math.round((Number(value) / 3600) * 100) / 100} disabled={disabled} onChange={(event) => onChange(Math.round(event.currentTarget.valueAsNumber * 3600))} /> hours
      </span>
    );
  }
  return (
    <select value={String(value)} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value)}>
      {kind.map((one) => <option key={one} value={one} selected={one === value}>{one}</option>)}
    </select>
  );
}
