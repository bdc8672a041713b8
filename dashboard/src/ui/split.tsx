import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { href, hrefHere, route } from "../lib/route";
import { Icon } from "./icons";

const isNowhere = (): boolean => document.activeElement === document.body || document.activeElement === null;

/** The keyboard follows: into a detail that hides its list, and back to the row of one that was closed. */
function useFocus(id: string | null): void {
  const last = useRef<string | null>(null);
  useEffect(() => {
    const closed = last.current;
    last.current = id;
    if (!isNowhere() && document.activeElement?.checkVisibility()) return;
    const rows = [...document.querySelectorAll<HTMLAnchorElement>(".split-list a[data-row]")];
    const row = rows.find((one) => one.hash.split("?")[0] === href(route.peek().view, closed));
    if (id) document.querySelector<HTMLElement>(".split-detail")?.focus();
    else if (closed) row?.focus();
  }, [id]);
}

/** A list and what is open of it: side by side when there is room, else one at a time. */
export function Split({ list, detail, label }: { list: ComponentChildren; detail: ComponentChildren | null; label: string }) {
  useFocus(detail ? route.value.id : null);
  return (
    <div class={`split ${detail ? "has-detail" : ""}`}>
      <div class="split-list">{list}</div>
      {detail && (
        <section class="split-detail" aria-label={label} tabIndex={-1}>
          <a class="button quiet back" href={hrefHere(null)} aria-label="Close">
            <span class="when-beside"><Icon name="close" /></span>
            <span class="when-alone"><Icon name="back" /> Back</span>
          </a>
          {detail}
        </section>
      )}
    </div>
  );
}
