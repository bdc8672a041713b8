import type { BdhEvent } from "./types";
import { beads } from "./store";

export const STATUS_WORDS: Record<string, string> = {
  open: "open",
  in_progress: "in progress",
  blocked: "blocked",
  deferred: "deferred",
  closed: "closed",
};

/** What happened, in one short phrase after the actor's name. */
const PHRASES: Record<string, (event: BdhEvent) => string> = {
  "bead.created": () => "created",
  "bead.updated": changed,
  "bead.closed": () => "closed",
  "bead.reopened": () => "reopened",
  "bead.deleted": () => "deleted",
  "bead.commented": () => "commented on",
  "claim.taken": () => "claimed",
  "claim.released": () => "released",
  "claim.jumped_in": (event) => `took over from ${holder(event)}:`,
  "lock.granted": (event) => `reserved ${paths(event)}`,
  "lock.released": (event) => `released ${paths(event)}`,
  "lock.conflict": (event) => `was refused ${paths(event)}, held by ${holder(event)}`,
  "mail.sent": (event) => `sent mail to ${receivers(event)}`,
  "chat.message": (event) => `wrote to ${receivers(event)}`,
  "escalation.opened": () => "asked the humans",
  "escalation.answered": () => "answered an escalation",
  "escalation.expired": () => "let an escalation expire",
  "escalation.withdrawn": () => "withdrew an escalation",
  "workspace.joined": () => "joined the project",
  "workspace.removed": (event) => `removed ${String(event.data["alias"] ?? "a workspace")}`,
  "policy.activated": (event) => `activated policy v${event.entity.id}`,
  "plan.changed": () => "changed the plan",
  "project.updated": (event) => `changed ${settings(event)}`,
  "project.transferred": (event) => `handed the project over to ${name(event, "to") || "another owner"}`,
  "member.joined": (event) => `joined as ${name(event, "role") || "a member"}`,
  "member.role_changed": (event) => `made ${name(event, "name") || "a member"} ${name(event, "to")}`,
  "member.removed": (event) => (event.data["left"] === true ? "left the project" : `removed ${name(event, "name") || "a member"}`),
  "invite.created": (event) => `invited ${invited(event)}`,
  "invite.resent": (event) => `mailed the invitation of ${invited(event)} again`,
  "delivery.parked": (event) => `gave up telling ${name(event, "recipient") || "a human"} outside`,
  "delivery.retried": (event) => `sent ${times(Number(event.data["count"] ?? 1), "message")} to the outside again`,
  "invite.revoked": (event) => `took back the invitation of ${invited(event)}`,
};

function times(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A text of an event's data, or the name of an actor in it. */
function name(event: BdhEvent, field: string): string {
  const value = event.data[field] as { name?: unknown } | string | null | undefined;
  const text = typeof value === "object" ? value?.name : value;
  return typeof text === "string" ? text : "";
}

function settings(event: BdhEvent): string {
  const changed = Object.keys((event.data["settings"] as object | undefined) ?? {});
  return changed.length && changed.length < 4 ? `the settings ${changed.join(", ").replaceAll("_", " ")}` : "the settings";
}

function invited(event: BdhEvent): string {
  return name(event, "email") || (name(event, "kind") === "member" ? "a human" : "an agent");
}

/** What this page does not know yet is said in the words of its type: `member shortlisted: Ann`. */
function unknown(event: BdhEvent): string {
  const words = event.type.replace(/[._]+/g, " ").trim() || "something";
  const about = [name(event, "title"), name(event, "name"), name(event, "alias"), name(event, "reason")].find(Boolean);
  return about ? `${words}: ${about}` : words;
}

function holder(event: BdhEvent): string {
  const held = event.data["holder"] as { name?: string } | string | undefined;
  return typeof held === "string" ? held : (held?.name ?? "another");
}

function receivers(event: BdhEvent): string {
  const names = Array.isArray(event.data["to"]) ? (event.data["to"] as string[]) : [];
  if (!names.length) return "nobody";
  return names.length > 2 ? `${names[0] ?? ""} and ${names.length - 1} more` : names.join(" and ");
}

function changed(event: BdhEvent): string {
  const status = event.data["status"] as { to?: string } | undefined;
  if (status?.to) return `set ${STATUS_WORDS[status.to] ?? status.to}:`;
  const fields = Array.isArray(event.data["fields"]) ? (event.data["fields"] as string[]) : [];
  return fields.length && fields.length < 3 ? `changed ${fields.join(" and ").replaceAll("_", " ")} of` : "changed";
}

function paths(event: BdhEvent): string {
  const list = Array.isArray(event.data["paths"]) ? (event.data["paths"] as string[]) : [];
  const count = Number(event.data["count"] ?? list.length);
  return count > 1 ? `${list[0] ?? ""} and ${count - 1} more` : (list[0] ?? "files");
}

export const phrase = (event: BdhEvent): string => PHRASES[event.type]?.(event) ?? unknown(event);

export function beadTitle(event: BdhEvent): string {
  const title = beads.get(event.entity.id)?.title ?? event.data["title"];
  return typeof title === "string" ? title : "";
}

export function eventTone(type: string): "work" | "claim" | "lock" | "talk" | "ask" | "admin" {
  const kind = type.split(".")[0];
  if (kind === "claim") return "claim";
  if (kind === "bead") return "work";
  if (kind === "lock") return "lock";
  if (kind === "mail" || kind === "chat") return "talk";
  return kind === "escalation" ? "ask" : "admin";
}
