import { useSignal } from "@preact/signals";
import { liveLocks, nameOf } from "../../data/derive";
import { repos } from "../../data/store";
import type { Lock } from "../../data/types";
import { Empty, Heading } from "../../ui/bits";
import { Icon } from "../../ui/icons";
import { Rows } from "../../ui/rows";
import { LockRow } from "./lock-row";
import { linesOf, type Line } from "./tree";

type Item = { key: string; repo?: string; count?: number; line?: Line };

/** Who holds what, as the tree the files lie in. */
export function Files() {
  const filter = useSignal("");
  const closed = useSignal<ReadonlySet<string>>(new Set());
  const words = filter.value.toLowerCase();
  const shown = liveLocks.value.filter((lock) => `${lock.path} ${nameOf(lock.workspace_id)} ${lock.reason ?? ""}`.toLowerCase().includes(words));
  const toggle = (path: string): void => {
    const next = new Set(closed.value);
    if (!next.delete(path)) next.add(path);
    closed.value = next;
  };
  return (
    <div class="view full">
      <Heading title="Files">
        <span class="muted">{liveLocks.value.length} held</span>
        <input type="search" placeholder="Path, agent or reason" aria-label="Filter files" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
      </Heading>
      {shown.length ? (
        <Rows items={itemsOf(shown, closed.value)} keyOf={(item) => item.key} label="Held files" render={(item) => <ItemRow item={item} closed={closed.value} toggle={toggle} />} />
      ) : (
        <Empty title={liveLocks.value.length ? "No held file fits" : "No file is held"}>
          <p class="muted">Agents reserve files as they edit them, or with <code>bdh :reserve PATH</code>.</p>
        </Empty>
      )}
    </div>
  );
}

function itemsOf(shown: Lock[], closed: ReadonlySet<string>): Item[] {
  const byRepo = new Map<string, Lock[]>();
  for (const lock of shown) byRepo.set(lock.repo_id, [...(byRepo.get(lock.repo_id) ?? []), lock]);
  return [...byRepo].flatMap(([id, locks]) => [
    { key: id, repo: repos.get(id)?.origin ?? "a repository", count: locks.length },
    ...linesOf(locks, closed).map((line) => ({ key: id + line.key, line })),
  ]);
}

function ItemRow({ item, closed, toggle }: { item: Item; closed: ReadonlySet<string>; toggle: (path: string) => void }) {
  const { line } = item;
  if (!line) {
    return (
      <h2 class="repo-head">
        {item.repo} <span class="muted">{item.count}</span>
      </h2>
    );
  }
  const depth = Math.min(line.depth, 6);
  return (
    <div class={`tree-line depth-${depth}`}>
      {line.below > 0 && (
        <button class="folder row" data-row aria-expanded={!closed.has(line.key)} onClick={() => toggle(line.key)}>
          <Icon name="folder" />
          <span class="mono">{line.name}/</span>
          <span class="muted">{line.below}</span>
        </button>
      )}
      {line.locks.map((lock) => (
        <LockRow key={lock.id} lock={lock} name={line.name} />
      ))}
    </div>
  );
}
