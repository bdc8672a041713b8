import { useRef, useState } from "preact/hooks";
import { team } from "../data/derive";
import { beads, me } from "../data/store";
import { go, href } from "../lib/route";
import { enter, signOut } from "../lib/session";
import { toggleTheme } from "../lib/theme";
import { Dialog } from "./dialog";
import { VIEWS } from "./nav";
import { isHelpOpen, isPaletteOpen } from "./state";

interface Command {
  id: string;
  group: string;
  text: string;
  run: () => void;
}
const MOST_BEADS = 12;

const open = (to: string): void => void (location.hash = to);

function fixedCommands(): Command[] {
  const views = VIEWS.map(({ view, title }) => ({ id: `view-${view}`, group: "Go to", text: title, run: () => go(view) }));
  const projects = (me.value?.projects ?? [])
    .filter((one) => one.id !== me.value?.project?.id)
    .map((one) => ({ id: `project-${one.id}`, group: "Project", text: `Switch to ${one.name}`, run: () => void enter(one.id) }));
  return [
    ...views,
    { id: "new-bead", group: "Do", text: "Create a bead", run: () => go("beads", "new") },
    { id: "compose", group: "Do", text: "Write mail", run: () => go("mail", "new") },
    { id: "chat", group: "Do", text: "Start a chat", run: () => go("chat", "new") },
    { id: "invite", group: "Do", text: "Invite an agent or a member", run: () => open("#/settings/invites") },
    { id: "theme", group: "Do", text: "Switch between dark and light", run: toggleTheme },
    { id: "help", group: "Do", text: "Keyboard shortcuts", run: () => (isHelpOpen.value = true) },
    ...projects,
    { id: "sign-out", group: "Do", text: "Sign out", run: () => void signOut() },
  ];
}

function found(words: string[]): Command[] {
  const fits = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const commands = fixedCommands().filter(({ text, group }) => fits(`${group} ${text}`));
  if (!words.length) return commands;
  const agents = team.value
    .filter(({ alias, human_name }) => fits(`${alias} ${human_name ?? ""}`))
    .slice(0, 8)
    .map(({ alias }) => ({ id: `agent-${alias}`, group: "Agent", text: alias, run: () => open(href("agents", alias)) }));
  const hits: Command[] = [];
  for (const bead of beads.rows.value.values()) {
    if (!fits(`${bead.id} ${bead.title}`)) continue;
    hits.push({ id: bead.id, group: "Bead", text: `${bead.id}  ${bead.title}`, run: () => open(href("beads", bead.id)) });
    if (hits.length >= MOST_BEADS) break;
  }
  return [...commands, ...agents, ...hits];
}

export function Palette() {
  return isPaletteOpen.value ? <OpenPalette /> : null;
}

function OpenPalette() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const commands = found(text.toLowerCase().split(/\s+/).filter(Boolean));
  const close = (): void => void (isPaletteOpen.value = false);
  const run = (command: Command | undefined): void => {
    close();
    command?.run();
  };
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(commands.length - 1, to));
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Enter") run(commands[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Search and commands" onClose={close}>
      <input
        type="text" class="palette-input" placeholder="Bead, agent, view or command" value={text} autoFocus role="combobox"
        aria-label="Search and commands" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
        aria-activedescendant={commands[at] ? `palette-${at}` : undefined} onKeyDown={onKey}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
      />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label="Results" ref={list}>
        {commands.map((command, n) => (
          <li key={command.id} id={`palette-${n}`} role="option" aria-selected={n === at} onClick={() => run(command)} onMouseMove={() => setAt(n)}>
            <span class="palette-group">{command.group}</span> {command.text}
          </li>
        ))}
      </ul>
      {commands.length === 0 && <p class="muted palette-none">Nothing is called that</p>}
    </Dialog>
  );
}
