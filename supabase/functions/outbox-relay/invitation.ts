/** The mail that invites a human: what to type, with nothing in it that the inviter worded. */

import type { OutboxRow } from "./types.ts";

export interface Place {
  url: string;
  /** The publishable key: it is public, and signs nobody in. */
  key: string;
  dashboard: string | null;
}

/** The whole text, for a terminal and for the dashboard. */
export function invitationText(row: OutboxRow, token: string, place: Place): string {
  const email = row.recipient.name;
  const browser = place.dashboard
    ? `Or open ${place.dashboard}, sign in as ${email}, and join with this invitation:\n\n    ${token}`
    : `The invitation is ${token}`;
  return [
    row.content.text,
    "In a terminal, with bdh installed (pip install bdh):",
    [
      `    export BDH_URL=${place.url} BDH_KEY=${place.key}`,
      `    bdh :login ${email}`,
      "    bdh :login --code 123456        # the code comes in a mail of its own",
      `    bdh :members accept ${token}`,
    ].join("\n"),
    browser,
    `It is good until ${row.content.expires_at}, for ${email} only. ` +
    "If you do not know what this is about, ignore it: nothing happens.",
  ].join("\n\n");
}
