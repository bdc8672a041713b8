import { useState } from "preact/hooks";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { go } from "../../lib/route";
import { attempt, say } from "../../lib/toast";
import type { Bundle, Policy, Version } from "./bundle";
import { Diff } from "./policies";

function collected(form: HTMLFormElement): Bundle | null {
  const fields = new FormData(form);
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  const names = fields.getAll("role").map(String).filter((name) => !fields.has(`drop ${name}`));
  const added = text("new role");
  const roles = Object.fromEntries(names.map((name) => [name, { summary: text(`summary ${name}`), playbook: text(`playbook ${name}`) }]));
  if (added) roles[added] = { summary: text("new summary"), playbook: text("new playbook") };
  try {
    return { invariants: text("invariants").split(/\n+/).map((line) => line.trim()).filter(Boolean), roles, rules: JSON.parse(text("rules") || "{}") as Bundle["rules"] };
  } catch {
    say("The rules are not JSON", "bad");
    return null;
  }
}

/** A draft made from `base`. Saving proposes it; putting it in force is a step of its own. */
export function EditPolicy({ base, active, onDone }: { base: Policy; active: Policy; onDone: () => void }) {
  const [draft, setDraft] = useState<Bundle | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const bundle = collected(form);
    if (!bundle) return;
    setBusy(true);
    const args = { bundle, base_version: base.latest_version, note: String(new FormData(form).get("note") ?? "") || null };
    const made = await attempt(() => rpc<Version>("edit_policy", args), "Saved; it is not in force yet");
    setBusy(false);
    if (!made) return;
    touch("policy");
    onDone();
    go("policies", String(made.version));
  };
  const { bundle } = base;
  return (
    <form class="policy-form" onSubmit={(event) => void save(event)} onInput={(event) => draft && setDraft(collected(event.currentTarget))}>
      <label class="field">
        <span>Invariants, one a line</span>
        <textarea name="invariants" rows={10} defaultValue={bundle.invariants.join("\n")} />
      </label>
      {Object.entries(bundle.roles).map(([name, role]) => (
        <details key={name} class="role">
          <summary><b>{name}</b></summary>
          <input type="hidden" name="role" value={name} />
          <label class="field"><span>Summary</span><input name={`summary ${name}`} defaultValue={role.summary} /></label>
          <label class="field"><span>Playbook (Markdown)</span><textarea name={`playbook ${name}`} rows={14} defaultValue={role.playbook} /></label>
          <label class="check"><input type="checkbox" name={`drop ${name}`} /> Leave this role out</label>
        </details>
      ))}
      <details class="role">
        <summary>Add a role</summary>
        <label class="field"><span>Name</span><input name="new role" pattern="[a-z0-9]+(-[a-z0-9]+)*" /></label>
        <label class="field"><span>Summary</span><input name="new summary" /></label>
        <label class="field"><span>Playbook (Markdown)</span><textarea name="new playbook" rows={8} /></label>
      </details>
      <label class="field">
        <span>Rules (JSON: protected_paths, max_files_per_claim)</span>
        <textarea name="rules" class="mono" rows={6} defaultValue={JSON.stringify(bundle.rules, null, 2)} />
      </label>
      <label class="field"><span>What changes, for the history</span><input name="note" maxLength={500} /></label>
      <div class="actions">
        <button class="button primary" disabled={busy}>Save as v{base.latest_version + 1}</button>
        <button type="button" class="button" onClick={(event) => setDraft(draft ? null : collected(event.currentTarget.form as HTMLFormElement))}>{draft ? "Hide the difference" : "Show the difference"}</button>
        <button type="button" class="button quiet" onClick={onDone}>Cancel</button>
      </div>
      {draft && <Diff title={`Against v${active.version}, in force`} before={active.bundle} after={draft} />}
    </form>
  );
}
