/** The rows and answers of the API that the dashboard reads; times are ISO 8601 texts. */
export interface Actor {
  kind: "workspace" | "member" | "system";
  id: string | null;
  name: string;
  short?: string;
}
export type Presence = "active" | "idle" | "offline";

export interface Workspace {
  id: string;
  alias: string;
  role: string;
  human_name: string | null;
  branch: string | null;
  hostname: string | null;
  host: string | null;
  path: string | null;
  focus: string | null;
  created_at: string;
  removed_at: string | null;
  repo_id: string;
  last_seen: string | null;
}
export interface Bead {
  id: string;
  title: string;
  status: string;
  priority: number;
  issue_type: string;
  parent_id: string | null;
  assignee: string | null;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
  defer_until: string | null;
  blocked: boolean;
  labels: string[];
}
export interface Claim {
  id: string;
  bead_id: string;
  apex_id: string;
  epoch: number;
  holder_kind: "workspace" | "member";
  holder_id: string;
  holder_name: string;
  claimed_at: string;
  ended_at: string | null;
  title: string;
}
export interface Lock {
  id: string;
  repo_id: string;
  workspace_id: string;
  path: string;
  is_directory: boolean;
  mode: "exclusive" | "shared";
  automatic: boolean;
  reason: string | null;
  bead_id: string | null;
  granted_at: string;
  expires_at: string;
}
export interface Wait {
  id: string;
  session_id: string | null;
  waiter: Actor;
  waiter_id: string;
  targets: string[];
  opened_at: string;
  deadline: string;
  lease_until: string;
  ended_at: string | null;
}
export interface Escalation {
  id: string;
  asker: Actor;
  asker_id: string | null;
  subject: string;
  situation: string;
  options: string[];
  context: Context;
  status: "pending" | "answered" | "expired" | "withdrawn";
  created_at: string;
  expires_at: string | null;
  answer: string | null;
  option: number | null;
  note: string | null;
  closed_by: Actor | null;
  closed_at: string | null;
  shown_at: string | null;
}
export interface Context {
  claims?: { bead_id: string; bead_title?: string; title?: string }[];
  locks?: { path: string }[];
  branch?: string | null;
  messages?: { kind: string; at: string; sender: string; subject: string | null; text: string }[];
}
export interface BdhEvent {
  id: string;
  type: string;
  at: string;
  actor: Actor;
  entity: { type: string; id: string };
  data: Record<string, unknown>;
}
export interface Member {
  id: string;
  role: "owner" | "admin" | "member";
  name: string;
  email: string | null;
  created_at: string;
  last_seen: string | null;
}
export interface Project {
  id: string;
  slug: string;
  name: string;
  prefix: string;
  plan: string;
  settings: Record<string, unknown>;
  role: string;
}
export interface Repo {
  id: string;
  origin: string;
  name: string;
}
export interface WhoAmI {
  actor: Actor | null;
  project: Project | null;
  workspace: { id: string; alias: string } | null;
  member: Member | null;
  projects: Project[];
}
export interface Session {
  id: string;
  last_seq: number;
  created_at: string;
  last_message_at: string | null;
  participants: Participant[];
}
export interface Participant {
  participant_id: string;
  kind: "workspace" | "member";
  name: string;
  read_seq: number;
  read_at: string | null;
  left_at: string | null;
}
export interface Message {
  id: string;
  session_id: string;
  seq: number;
  sender: Actor;
  body: string;
  created_at: string;
}
export interface Mail {
  id: string;
  thread_id: string;
  seq: number;
  subject: string;
  body: string;
  priority: "urgent" | "high" | "normal" | "low";
  ack_wanted: boolean;
  created_at: string;
  sender: Actor;
  recipients: Receipt[];
  unread?: boolean;
  match?: string;
}
export interface Receipt {
  recipient_id?: string;
  id?: string;
  kind: string;
  name: string;
  stored_at: string;
  shown_at: string | null;
  read_at: string | null;
  acked_at: string | null;
}
