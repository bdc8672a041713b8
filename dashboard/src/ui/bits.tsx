import type { ComponentChildren } from "preact";
import { nameOf, presenceOf, shortAliases } from "../data/derive";
import { STATUS_WORDS } from "../data/words";
import { me, workspaces } from "../data/store";
import type { Actor } from "../data/types";
import { asRefusal } from "../lib/refusal";
import { href } from "../lib/route";
import { absolute, now, relative } from "../lib/time";

export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="muted">never</span>;
  return (
    <time dateTime={at} title={absolute(at)}>
      {relative(at, now.value)}
    </time>
  );
}

const PRESENCE_TITLE = { active: "active: heard of within 5 minutes", idle: "idle: silent for 5 to 30 minutes", offline: "offline: silent for over 30 minutes" };

export function PresenceDot({ lastSeen }: { lastSeen: string | null }) {
  const presence = presenceOf(lastSeen, now.value);
  return <span class={`dot dot-${presence}`} role="img" aria-label={presence} title={PRESENCE_TITLE[presence]} />;
}

/** An agent links to what it does; a human is a name. */
export function ActorName({ actor, full, row }: { actor: Actor | null | undefined; full?: boolean; row?: boolean | undefined }) {
  if (!actor) return <span class="muted">nobody</span>;
  if (actor.kind === "workspace" && actor.id && workspaces.get(actor.id)) {
    const alias = workspaces.get(actor.id)?.alias ?? actor.name;
    return (
      <a class="agent" href={href("agents", alias)} title={alias} data-row={row}>
        {full ? alias : (shortAliases.value.get(actor.id) ?? alias)}
      </a>
    );
  }
  const isMe = actor.kind === "member" && actor.id === me.value?.actor?.id;
  return <span class={actor.kind === "member" ? "human" : "muted"}>{isMe ? "you" : actor.name}</span>;
}

export function HolderName({ id, kind, name, row }: { id: string; kind: string; name: string; row?: boolean }) {
  return <ActorName actor={{ id, kind: kind === "member" ? "member" : "workspace", name: nameOf(id) === "someone" ? name : nameOf(id) }} full row={row} />;
}

export function BeadLink({ id, title, row }: { id: string; title?: string | null | undefined; row?: boolean }) {
  return (
    <a class="bead-link" href={href("beads", id)} data-row={row}>
      <span class="mono">{id}</span>
      {title ? <> <span class="bead-title" title={title}>{title}</span></> : null}
    </a>
  );
}

export function Status({ status, blocked }: { status: string; blocked?: boolean }) {
  const shown = blocked && status !== "closed" ? "blocked" : status;
  return <span class={`status status-${shown}`}>{STATUS_WORDS[shown] ?? shown}</span>;
}

export function Priority({ value }: { value: number }) {
  return (
    <span class={`priority p${value}`} title={`priority ${value}, 0 is the most urgent`}>
      P{value}
    </span>
  );
}

export function Tag({ tone, children, title }: { tone?: string; children: ComponentChildren; title?: string | undefined }) {
  return (
    <span class={`tag ${tone ? `tone-${tone}` : ""}`} title={title}>
      {children}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ label = "Reading" }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="pulse" aria-hidden="true" />
      {label}…
    </div>
  );
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const refusal = asRefusal(error);
  return (
    <div class="problem" role="alert">
      <p class="empty-title">{refusal.message}</p>
      {refusal.hint && <p class="muted">{refusal.hint}</p>}
      {retry && (
        <button class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="view-head">
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </header>
  );
}

/** A labelled figure of the instrument panel. */
export function Figure({ label, value, tone, to }: { label: string; value: number | string; tone?: string | undefined; to?: string }) {
  const body = (
    <>
      <b class={`figure-value ${tone ? `tone-${tone}` : ""}`}>{value}</b> <span class="figure-label">{label}</span>
    </>
  );
  return to ? (
    <a class="figure" href={to}>
      {body}
    </a>
  ) : (
    <span class="figure">{body}</span>
  );
}
