import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { beadCounts, pending, staleClaims, waitsForMe } from "../data/derive";
import { catchUp, freshAt, link, loading } from "../data/feed";
import { unreadMail, unreadChats } from "../data/unread";
import { claims, locks, me } from "../data/store";
import { href, route } from "../lib/route";
import { enter, signOut, stage } from "../lib/session";
import { clock } from "../lib/time";
import { isDark, toggleTheme } from "../lib/theme";
import { Asker, Dialog } from "./dialog";
import { Icon } from "./icons";
import { SHORTCUTS } from "./keys";
import { VIEWS } from "./nav";
import { Palette } from "./palette";
import { isHelpOpen, isPaletteOpen } from "./state";
import { Toasts } from "./toasts";

/** What stands beside a view's name: how much there is, or (loud) how much waits for a human. */
function badge(view: string): { count: number; loud: boolean } {
  if (view === "beads") return { count: beadCounts.value.ready + beadCounts.value.in_progress, loud: false };
  if (view === "claims") return staleClaims.value.length ? { count: staleClaims.value.length, loud: true } : { count: claims.rows.value.size, loud: false };
  if (view === "files") return { count: locks.rows.value.size, loud: false };
  if (view === "escalations") return { count: pending.value.length, loud: true };
  if (view === "chat") return { count: Math.max(waitsForMe.value.length, unreadChats.value), loud: true };
  if (view === "mail") return { count: unreadMail.value, loud: true };
  return { count: 0, loud: false };
}

function Nav() {
  const current = route.value.view === "agents" ? "overview" : route.value.view;
  useEffect(() => {
    document.querySelector(".nav-item[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <nav class="nav" aria-label="Views">
      {VIEWS.map(({ view, title }) => {
        const { count, loud } = badge(view);
        return (
          <a key={view} href={href(view)} class="nav-item" aria-current={current === view ? "page" : undefined}>
            <Icon name={view} />
            <span class="nav-title">{title}</span>
            {count > 0 && <span class={`count ${loud ? "loud" : ""}`}>{count}</span>}
          </a>
        );
      })}
    </nav>
  );
}

/** Whether what is shown is what is: live, on its way, or as of a time. */
function LinkState() {
  const state = link.value;
  const text = state === "live" ? "Live" : state === "connecting" ? "Connecting" : freshAt.value ? `Stale, as of ${clock(freshAt.value)}` : "Not connected";
  return (
    <button class={`link link-${state}`} onClick={() => void catchUp()} title={state === "live" ? "Changes appear as they happen" : "The connection is being made again; click to read now"}>
      <span class="link-dot" aria-hidden="true" />
      <span role="status">{text}</span>
    </button>
  );
}

function ProjectName() {
  const who = me.value;
  if (!who?.project) return <span class="project">bdh</span>;
  if (who.projects.length < 2) return <span class="project">{who.project.name}</span>;
  return (
    <select class="project" aria-label="Project" value={who.project.id} onChange={(event) => void enter(event.currentTarget.value)}>
      {who.projects.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </select>
  );
}

function Bar() {
  return (
    <header class="bar">
      <a class="brand" href="#/overview" aria-label="bdh, overview">
        bdh
      </a>
      <ProjectName />
      <LinkState />
      <span class="grow" />
      <button class="button search-button" onClick={() => (isPaletteOpen.value = true)}>
        <Icon name="search" />
        <span class="hide-narrow">Search or do</span>
        <kbd class="hide-narrow">Ctrl K</kbd>
        <span class="sr only-narrow">Search and commands</span>
      </button>
      <button class="button quiet" onClick={toggleTheme} aria-label={isDark() ? "Light theme" : "Dark theme"}>
        <Icon name={isDark() ? "sun" : "moon"} />
      </button>
      <a class="me hide-narrow" href="#/settings/account" title="Your account">
        {me.value?.actor?.name ?? "Account"}
      </a>
      <button class="button quiet hide-narrow" onClick={() => void signOut()}>
        Sign out
      </button>
    </header>
  );
}

function Help() {
  if (!isHelpOpen.value) return null;
  return (
    <Dialog title="Keyboard" onClose={() => (isHelpOpen.value = false)}>
      <dl class="keys">
        {SHORTCUTS.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <div class="actions end"><button class="button" onClick={() => (isHelpOpen.value = false)}>Close</button></div>
    </Dialog>
  );
}

export function Shell({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const view = route.value.view;
  const first = useRef(true);
  useEffect(() => {
    // A screen reader starts with the view that was chosen, not with the link that chose it.
    if (!first.current && !document.activeElement?.closest("dialog")) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [view]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <Bar />
      <Nav />
      <main ref={main} id="main" tabIndex={-1} data-view={view} aria-busy={loading.value && stage.value === "in"}>
        {children}
      </main>
      <Toasts />
      <Asker />
      <Palette />
      <Help />
    </div>
  );
}
