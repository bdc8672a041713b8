import type { BdhEvent } from "./types";
import { beads } from "./store";

/** What happened, in one short phrase after the actor's name. */
const PHRASES: Record<string, (event: BdhEvent) => string> = {
  "bead.created": () => "created",
  "bead.updated": () => "changed",
  "bead.closed": () => "closed",
  "bead.reopened": () => "reopened",
  "bead.deleted": () => "deleted",
  "bead.commented": () => "commented on",
  "claim.taken": () => "claimed",
  "claim.released": () => "released",
  "claim.jumped_in": () => "took over",
  "lock.granted": (event) => `reserved ${paths(event)}`,
  "lock.released": (event) => `released ${paths(event)}`,
  "lock.conflict": (event) => `was refused ${paths(event)}, held by ${String(event.data["holder"] ?? "another")}`,
  "mail.sent": (event) => `sent mail “${String(event.data["subject"] ?? "")}”`,
  "chat.message": () => "wrote in chat",
  "escalation.opened": (event) => `asked the humans: ${String(event.data["subject"] ?? "")}`,
  "escalation.answered": () => "answered an escalation",
  "escalation.expired": () => "let an escalation expire",
  "escalation.withdrawn": () => "withdrew an escalation",
  "workspace.joined": () => "joined",
  "workspace.removed": (event) => `removed ${String(event.data["alias"] ?? "a workspace")}`,
  "policy.activated": (event) => `activated policy v${event.entity.id}`,
  "plan.changed": () => "changed the plan",
};

function paths(event: BdhEvent): string {
  const list = Array.isArray(event.data["paths"]) ? (event.data["paths"] as string[]) : [];
  const count = Number(event.data["count"] ?? list.length);
  return count > 1 ? `${list[0] ?? ""} and ${count - 1} more` : (list[0] ?? "files");
}

export const phrase = (event: BdhEvent): string => PHRASES[event.type]?.(event) ?? event.type;

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

export const STATUS_WORDS: Record<string, string> = {
  open: "open",
  in_progress: "in progress",
  blocked: "blocked",
  deferred: "deferred",
  closed: "closed",
};
