import { useEffect, useRef } from "preact/hooks";
import { href, route } from "../../lib/route";
import { Heading } from "../../ui/bits";
import { Account } from "./account";
import { Deliveries } from "./delivery";
import { Invites } from "./invites";
import { Members } from "./members";
import { Notifications } from "./notifications";
import { Plan } from "./plan";
import { ProjectSettings } from "./project";
import { WorkspaceTable } from "./workspaces";

const TABS = {
  project: ["Project", ProjectSettings],
  workspaces: ["Workspaces", WorkspaceTable],
  members: ["Members", Members],
  invites: ["Invites", Invites],
  plan: ["Plan", Plan],
  notifications: ["Notifications", Notifications],
  delivery: ["Delivery", Deliveries],
  account: ["Account", Account],
} as const;
type Tab = keyof typeof TABS;

/** Administration. Buttons stand for what one's role may do; the database decides all the same. */
export function Settings() {
  const id = route.value.id ?? "project";
  const tab: Tab = id in TABS ? (id as Tab) : "project";
  const Chosen = TABS[tab][1];
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [tab]);
  return (
    <div class="view page">
      <Heading title="Settings" />
      <nav class="tabs" aria-label="Settings" ref={tabs}>
        {Object.entries(TABS).map(([name, [title]]) => (
          <a key={name} href={href("settings", name)} aria-current={name === tab ? "page" : undefined}>{title}</a>
        ))}
      </nav>
      <Chosen />
    </div>
  );
}
