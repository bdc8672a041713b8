export interface NavItem {
  view: string;
  title: string;
}
export const VIEWS: NavItem[] = [
  { view: "overview", title: "Overview" },
  { view: "beads", title: "Beads" },
  { view: "claims", title: "Claims" },
  { view: "files", title: "Files" },
  { view: "escalations", title: "Escalations" },
  { view: "chat", title: "Chat" },
  { view: "mail", title: "Mail" },
  { view: "policies", title: "Policies" },
  { view: "settings", title: "Settings" },
  { view: "start", title: "Getting started" },
];
