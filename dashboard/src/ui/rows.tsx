import type { ComponentChildren } from "preact";
import { VList } from "virtua";

/**
 * A list of any length: only what is visible is in the page. Rows are links or hold buttons; `j` and
 * `k` move between elements with `data-row`: links, so that Enter opens and changes nothing.
 */
export function Rows<T>({ items, keyOf, render, label }: { items: T[]; keyOf: (item: T) => string; render: (item: T) => ComponentChildren; label: string }) {
  return (
    <div class="rows" role="list" aria-label={label} data-list style={{ "--count": items.length }}>
      <VList data={items}>
        {(item: T) => (
          <div key={keyOf(item)} class="row-frame" role="listitem">
            {render(item)}
          </div>
        )}
      </VList>
    </div>
  );
}
