import { useMemo } from "preact/hooks";
import { beads } from "../../data/store";
import { route, setQuery } from "../../lib/route";
import { SHOWS } from "./filter";

const SHAPES: [string, string][] = [["", "List"], ["board", "Board"], ["graph", "Graph"]];

function useValues(): { types: string[]; labels: string[]; assignees: string[] } {
  return useMemo(() => {
    const types = new Set<string>();
    const labels = new Set<string>();
    const assignees = new Set<string>();
    for (const bead of beads.rows.value.values()) {
      types.add(bead.issue_type);
      bead.labels.forEach((label) => labels.add(label));
      if (bead.assignee) assignees.add(bead.assignee);
    }
    return { types: [...types].sort(), labels: [...labels].sort(), assignees: [...assignees].sort() };
  }, [beads.rows.value]);
}

function Choice({ name, label, values }: { name: string; label: string; values: string[] }) {
  const value = route.value.query.get(name) ?? "";
  return (
    <select aria-label={label} value={value} class={value ? "is-set" : ""} onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
      <option value="">{label}</option>
      {values.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

function Segments({ name, label, values }: { name: string; label: string; values: [string, string][] }) {
  const value = route.value.query.get(name) ?? "";
  return (
    <div class="segments" role="group" aria-label={label}>
      {values.map(([one, text]) => (
        <button key={one} aria-pressed={value === one} onClick={() => setQuery({ [name]: one })}>
          {text}
        </button>
      ))}
    </div>
  );
}

export function Toolbar() {
  const { query } = route.value;
  const { types, labels, assignees } = useValues();
  return (
    <div class="toolbar" role="search">
      <Segments name="as" label="Shape" values={SHAPES} />
      <input
        type="search" class="grow" placeholder="Search id, title, description, label" aria-label="Search beads"
        value={query.get("q") ?? ""} onInput={(event) => setQuery({ q: event.currentTarget.value })}
      />
      {query.get("as") !== "board" && <Segments name="show" label="Which beads" values={SHOWS} />}
      <div class="filters">
      <Choice name="type" label="Type" values={types} />
      <Choice name="priority" label="Priority" values={["0", "1", "2", "3", "4"]} />
      {labels.length > 0 && <Choice name="label" label="Label" values={labels} />}
      {assignees.length > 0 && <Choice name="assignee" label="Assignee" values={assignees} />}
      {!query.get("as") && (
        <select aria-label="Order" value={query.get("sort") ?? "priority"} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
          <option value="priority">by priority</option>
          <option value="updated">last changed</option>
          <option value="created">newest</option>
        </select>
      )}
      </div>
    </div>
  );
}
