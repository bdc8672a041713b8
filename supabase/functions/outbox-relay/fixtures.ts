/** A row as the database leases it. */

import type { Channel, OutboxRow } from "./types.ts";

export function channel(changes: Partial<Channel> = {}): Channel {
  return {
    id: "c0000000-0000-4000-8000-000000000001",
    type: "webhook",
    address: "https://example.com/hook",
    secret: "whsec_test",
    config: {},
    ...changes,
  };
}

export function row(changes: Partial<OutboxRow> = {}): OutboxRow {
  return {
    id: "a0000000-0000-4000-8000-000000000001",
    kind: "escalation",
    urgent: true,
    attempt: 1,
    created_at: "2026-11-23T04:00:00+00:00",
    project: "acme",
    content: {
      subject: "Which database?",
      text: "We must choose",
      options: ["Postgres", "SQLite"],
      from: { kind: "workspace", id: "w", name: "alice-dev" },
      command: "bdh :escalations show e0000000",
      entity: { type: "escalation", id: "e0000000-0000-4000-8000-000000000001" },
    },
    recipient: { kind: "member", id: "m", name: "Ann" },
    answer_token: "token",
    invite_token: null,
    channels: [channel()],
    ...changes,
  };
}
