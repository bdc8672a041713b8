import { useState } from "preact/hooks";
import { createBead, updateBead } from "../../data/actions";
import { team } from "../../data/derive";
import { beads } from "../../data/store";
import { go, route } from "../../lib/route";
import type { BeadFull } from "./detail-types";

const TYPES = ["task", "bug", "feature", "epic", "chore"];
const LONG: [string, string, number][] = [
  ["description", "Description", 6],
  ["acceptance_criteria", "Acceptance criteria", 3],
  ["design", "Design", 3],
  ["notes", "Notes", 3],
];
const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

interface Given {
  [name: string]: unknown;
}

function given(form: HTMLFormElement): Given {
  const fields = new FormData(form);
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  return {
    title: text("title"), issue_type: text("issue_type"), priority: Number(text("priority")), labels: words(text("labels")),
    parent_id: text("parent_id") || null, assignee: text("assignee") || null,
    ...Object.fromEntries(LONG.map(([name]) => [name, text(name) || null])),
  };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export function EditBead({ bead, onDone }: { bead: BeadFull; onDone: () => void }) {
  const save = async (fields: Given): Promise<void> => {
    const before = bead as unknown as Given;
    // Only what was changed: a field that somebody else changed meanwhile stays theirs.
    const changes = Object.fromEntries(Object.entries(fields).filter(([name, value]) => !same(value, before[name])));
    if (!Object.keys(changes).length || (await updateBead(bead.id, changes))) onDone();
  };
  return <BeadForm title={`Edit ${bead.id}`} bead={bead} submit="Save" onSubmit={save} onCancel={onDone} />;
}

export function NewBead() {
  const query = route.value.query;
  const close = (id: string | null): void => go("beads", id, Object.fromEntries([...query].filter(([name]) => name !== "parent")));
  const create = async (fields: Given): Promise<void> => {
    const made = await createBead(fields);
    if (made) close(made);
  };
  return <BeadForm title="New bead" bead={{ parent_id: query.get("parent") }} submit="Create" onSubmit={create} onCancel={() => close(null)} />;
}

interface FormProps {
  title: string;
  bead: Partial<BeadFull>;
  submit: string;
  onSubmit: (fields: Given) => Promise<void>;
  onCancel: () => void;
}

function BeadForm({ title, bead, submit, onSubmit, onCancel }: FormProps) {
  const [busy, setBusy] = useState(false);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await onSubmit(given(event.target as HTMLFormElement));
    setBusy(false);
  };
  return (
    <form class="detail bead-form" onSubmit={(event) => void send(event)}>
      <h2>{title}</h2>
      <label class="field">
        <span>Title</span>
        <input name="title" required maxLength={500} defaultValue={bead.title ?? ""} autoFocus />
      </label>
      <div class="field-line">
        <label class="field">
          <span>Type</span>
          <select name="issue_type" defaultValue={bead.issue_type ?? "task"}>
            {[...new Set([...TYPES, bead.issue_type ?? "task"])].map((type) => (
              <option key={type} value={type} selected={type === (bead.issue_type ?? "task")}>{type}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Priority</span>
          <select name="priority">
            {[0, 1, 2, 3, 4].map((n) => (
              <option key={n} value={n} selected={n === (bead.priority ?? 2)}>{n}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Assignee</span>
          <input name="assignee" list="known-agents" defaultValue={bead.assignee ?? ""} />
        </label>
        <label class="field">
          <span>Parent</span>
          <input name="parent_id" list="known-epics" defaultValue={bead.parent_id ?? ""} />
        </label>
      </div>
      <label class="field">
        <span>Labels</span>
        <input name="labels" defaultValue={(bead.labels ?? []).join(" ")} />
      </label>
      {LONG.map(([name, label, rows]) => (
        <label class="field" key={name}>
          <span>{label}</span>
          <textarea name={name} rows={rows} defaultValue={String((bead as Given)[name] ?? "")} />
        </label>
      ))}
      <datalist id="known-agents">{team.value.map(({ alias }) => <option key={alias} value={alias} />)}</datalist>
      <datalist id="known-epics">
        {beads.list().filter((one) => one.issue_type === "epic").slice(0, 200).map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
      </datalist>
      <div class="actions">
        <button class="button primary" disabled={busy}>{submit}</button>
        <button type="button" class="button" onClick={onCancel}>Cancel</button>
      </div>
    </form>
  );
}
