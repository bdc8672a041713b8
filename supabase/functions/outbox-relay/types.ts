/** The shapes of public.lease_outbox and public.settle_outbox. */

export interface Channel {
  id: string;
  type: "email" | "slack" | "discord" | "webhook" | "web_push" | "ntfy";
  address: string;
  secret: string | null;
  config: { p256dh?: string; auth?: string };
}

export interface Content {
  subject: string;
  text: string;
  command?: string;
  options?: string[];
  expires_at?: string | null;
  from?: { kind: string; id: string | null; name: string } | null;
  /** Of an invitation: who sends it. */
  user_id?: string;
  entity: { type: string; id: string };
}

export interface OutboxRow {
  id: string;
  kind: "bead_status" | "escalation" | "answer" | "mail" | "invitation";
  urgent: boolean;
  attempt: number;
  created_at: string;
  project: string;
  content: Content;
  recipient: { kind: string; id: string; name: string };
  answer_token: string | null;
  invite_token: string | null;
  channels: Channel[];
}

export interface PushKeys {
  public: string;
  private: JsonWebKey;
}

export interface Lease {
  lease: string;
  rows: OutboxRow[];
  push_keys: PushKeys | null;
}

/** permanent: trying again is of no use. gone: the channel itself does not exist any more. */
export type Outcome =
  | { ok: true }
  | { ok: false; error: string; permanent?: boolean; gone?: boolean };
