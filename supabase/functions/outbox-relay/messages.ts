/** What is said where: the same news as an e-mail, a line in a chat, a push, an object. */

import { block, cut, oneLine } from "./harmless.ts";
import type { OutboxRow } from "./types.ts";

const MAX_OPTION = 500;

/** The words before a subject, by what happened. */
const TITLES: Record<OutboxRow["kind"], string> = {
  escalation: "asks",
  answer: "answered",
  mail: "wrote",
  bead_status: "changed",
  invitation: "invites you",
};

export function title(row: OutboxRow): string {
  const who = row.content.from?.name;
  const subject = oneLine(row.content.subject);
  return who && row.kind !== "bead_status"
    ? `${oneLine(who, 60)} ${TITLES[row.kind]}: ${subject}`
    : subject;
}

/** The whole text, with the options, the link that answers and the command. */
export function plainText(row: OutboxRow, link: string | null): string {
  const { content } = row;
  const parts = [block(content.text)];
  if (content.options?.length) {
    parts.push(
      content.options.map((option, index) => `${index + 1}. ${oneLine(option, MAX_OPTION)}`).join(
        "\n",
      ),
    );
  }
  if (content.expires_at) parts.push(`Answer before ${content.expires_at}.`);
  if (link) parts.push(`Answer here: ${link}`);
  if (content.command) parts.push(`Or in a terminal: ${content.command}`);
  parts.push(`Project ${row.project}`);
  return parts.filter((part) => part !== "").join("\n\n");
}

/** What Slack would take for a mention or a link becomes text. */
export function slackEscaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function slackBody(row: OutboxRow, link: string | null): unknown {
  const { content } = row;
  const lines = [`*${slackEscaped(title(row))}*`, slackEscaped(cut(block(content.text), 2500))];
  content.options?.forEach((option, at) =>
    lines.push(`${at + 1}. ${slackEscaped(oneLine(option, MAX_OPTION))}`)
  );
  if (link) lines.push(`<${link}|Answer>`);
  return {
    text: slackEscaped(title(row)),
    blocks: [{ type: "section", text: { type: "mrkdwn", text: cut(lines.join("\n"), 3000) } }],
  };
}

export function discordBody(row: OutboxRow, link: string | null): unknown {
  return {
    content: cut(`**${title(row)}**\n${plainText(row, link)}`, 2000),
    // Nobody can make bdh ping @everyone.
    allowed_mentions: { parse: [] },
  };
}

/** The generic webhook's object; `id` is the idempotency key. */
export function webhookBody(row: OutboxRow, link: string | null): unknown {
  return {
    id: row.id,
    kind: row.kind,
    urgent: row.urgent,
    created_at: row.created_at,
    project: row.project,
    recipient: row.recipient,
    ...row.content,
    answer_url: link,
  };
}

export function pushBody(row: OutboxRow, link: string | null): unknown {
  const body = oneLine(row.content.text, 300);
  return { id: row.id, kind: row.kind, title: title(row), body, url: link };
}
