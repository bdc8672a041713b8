import { isReady } from "../../data/derive";
import type { Bead } from "../../data/types";

/** What the query of the address asks for; the same for list, board and graph. */
export interface Filter {
  words: string[];
  show: string;
  type: string;
  priority: string;
  label: string;
  assignee: string;
}

export const SHOWS: [string, string][] = [
  ["", "Open"], ["ready", "Ready"], ["in_progress", "In progress"], ["blocked", "Blocked"], ["closed", "Closed"], ["all", "All"],
];

export function filterOf(query: URLSearchParams): Filter {
  const get = (name: string): string => query.get(name) ?? "";
  return {
    words: get("q").toLowerCase().split(/\s+/).filter(Boolean),
    show: get("show"), type: get("type"), priority: get("priority"), label: get("label"), assignee: get("assignee"),
  };
}

function isShown(bead: Bead, show: string, at: number): boolean {
  if (show === "all") return true;
  if (show === "ready") return isReady(bead, at);
  if (show === "blocked") return bead.status === "blocked" || (bead.blocked && bead.status !== "closed");
  if (show) return bead.status === show;
  return bead.status !== "closed";
}

export function fits(bead: Bead, filter: Filter, at: number): boolean {
  if (!isShown(bead, filter.show, at)) return false;
  if (filter.type && bead.issue_type !== filter.type) return false;
  if (filter.priority && bead.priority !== Number(filter.priority)) return false;
  if (filter.assignee && bead.assignee !== filter.assignee) return false;
  if (filter.label && !bead.labels.includes(filter.label)) return false;
  if (!filter.words.length) return true;
  const text = `${bead.id} ${bead.title} ${bead.labels.join(" ")} ${bead.assignee ?? ""}`.toLowerCase();
  return filter.words.every((word) => text.includes(word));
}

export type Sort = "priority" | "updated" | "created";
const ORDER: Record<Sort, (a: Bead, b: Bead) => number> = {
  priority: (a, b) => a.priority - b.priority || (a.created_at < b.created_at ? -1 : 1),
  updated: (a, b) => (a.updated_at < b.updated_at ? 1 : -1),
  created: (a, b) => (a.created_at < b.created_at ? 1 : -1),
};
export const sorted = (rows: Bead[], by: Sort): Bead[] => rows.sort(ORDER[by]);
