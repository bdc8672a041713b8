import { addDependency, removeDependency } from "../../data/actions";
import { hrefHere } from "../../lib/route";
import { Status } from "../../ui/bits";
import { Icon } from "../../ui/icons";
import type { BeadFull, Ref } from "./detail-types";

function Refs({ title, refs, onRemove }: { title: string; refs: Ref[]; onRemove?: (ref: Ref) => void }) {
  if (!refs.length) return null;
  return (
    <section class="text-part">
      <h3>
        {title} <span class="muted">{refs.length}</span>
      </h3>
      <ul class="refs">
        {refs.map((ref) => (
          <li key={`${ref.id} ${ref.type}`}>
            <a href={hrefHere(ref.id)}>
              <span class="mono">{ref.id}</span> {ref.title ?? (ref.missing ? "(not here)" : "")}
            </a>
            {ref.status && <Status status={ref.status} />}
            {ref.type && ref.type !== "blocks" && <span class="muted">{ref.type}</span>}
            {ref.through && <span class="muted">through {ref.through}</span>}
            {onRemove && (
              <button class="button quiet" aria-label={`Remove the dependency on ${ref.id}`} onClick={() => onRemove(ref)}>
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Links({ bead }: { bead: BeadFull }) {
  const others = bead.dependencies.filter((ref) => ref.type !== "parent-child");
  const waiting = bead.dependents.filter((ref) => ref.type !== "parent-child");
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const fields = new FormData(form);
    if (await addDependency(bead.id, String(fields.get("on")).trim(), String(fields.get("type")))) form.reset();
  };
  return (
    <>
      {bead.blockers.length > 0 && <Refs title="Blocked by" refs={bead.blockers} />}
      <Refs title="Children" refs={bead.children} />
      <Refs title="Depends on" refs={others} onRemove={(ref) => void removeDependency(bead.id, ref.id, ref.type ?? "blocks")} />
      <Refs title="Needed by" refs={waiting} />
      <details class="text-part">
        <summary>Add a dependency</summary>
        <form class="inline-form" onSubmit={(event) => void add(event)}>
          <label>
            depends on <input name="on" required size={10} placeholder="bd-…" aria-label="Bead it depends on" />
          </label>
          <select name="type" aria-label="Kind of dependency">
            <option value="blocks">blocks</option>
            <option value="related">related</option>
            <option value="discovered-from">discovered-from</option>
          </select>
          <button class="button">Add</button>
        </form>
      </details>
    </>
  );
}
