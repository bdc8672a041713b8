import type { ComponentChildren } from "preact";
import { hrefHere } from "../lib/route";
import { Icon } from "./icons";

/** A list and what is open of it: side by side when there is room, else one at a time. */
export function Split({ list, detail, label }: { list: ComponentChildren; detail: ComponentChildren | null; label: string }) {
  return (
    <div class={`split ${detail ? "has-detail" : ""}`}>
      <div class="split-list">{list}</div>
      {detail && (
        <section class="split-detail" aria-label={label}>
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
