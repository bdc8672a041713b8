import { go } from "../lib/route";
import { say } from "../lib/toast";
import { isPaletteOpen, isHelpOpen } from "./state";

const GO: Record<string, string> = {
  o: "overview", b: "beads", c: "claims", f: "files", m: "mail", t: "chat", e: "escalations", p: "policies", s: "settings",
};
export const SHORTCUTS: [string, string][] = [
  ["Ctrl K", "search and commands"],
  ["/", "search in this list"],
  ["j  k", "next, previous row"],
  ["Enter", "open the row"],
  ["Esc", "close what is open"],
  ["n", "new bead"],
  ["m", "move the card (board)"],
  ["Shift ← →", "move it one column"],
  ["g o", "overview"],
  ["g b", "beads"],
  ["g c", "claims"],
  ["g f", "files"],
  ["g m", "mail"],
  ["g t", "chat"],
  ["g e", "escalations"],
  ["g p", "policies"],
  ["g s", "settings"],
  ["?", "this list"],
];
let afterG = 0;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Whether something was typed into what is open. */
function isUnsaved(): boolean {
  const fields = document.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>(".split-detail textarea, .split-detail input[name]");
  return [...fields].some((one) => one.value !== one.defaultValue && one.type !== "checkbox");
}

function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-list] [data-row]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function plain(event: KeyboardEvent): boolean {
  if (Date.now() - afterG < 1200 && GO[event.key]) {
    afterG = 0;
    go(GO[event.key] ?? "overview");
    return true;
  }
  afterG = event.key === "g" ? Date.now() : 0;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "/") document.querySelector<HTMLInputElement>("main input[type=search]")?.focus();
  else if (event.key === "n") go("beads", "new");
  else if (event.key === "?") isHelpOpen.value = true;
  else return false;
  return true;
}

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      isPaletteOpen.value = !isPaletteOpen.value;
      return;
    }
    if (event.key === "Escape" && isTyping(event.target)) (event.target as HTMLElement).blur();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && isUnsaved()) say("There is text here that is not saved", "bad", "Send it or cancel first");
    else if (event.key === "Escape") document.querySelector<HTMLAnchorElement>("main .split-detail > .back")?.click();
    else if (plain(event)) event.preventDefault();
  });
}
