/** One message to one channel. */

import { ForbiddenError, type Network, type OutsideRequest, send } from "../_shared/outside.ts";
import { invitationText, type Place } from "./invitation.ts";
import type { Mailer } from "./mail.ts";
import { oneLine } from "./harmless.ts";
import { discordBody, plainText, pushBody, slackBody, title, webhookBody } from "./messages.ts";
import { encrypt, vapid } from "./push.ts";
import { signature } from "./sign.ts";
import type { Channel, OutboxRow, Outcome, PushKeys } from "./types.ts";

export interface Outside {
  network: Network;
  mailer: Mailer;
  /** The page of an answer link, given its token. */
  answerUrl(token: string): string;
  contact: string;
  /** How people get here, for those who are invited. */
  place: Place;
}

const PUSH_SECONDS = 86_400;
/** Later may be better: the request took too long, came too early, or there were too many. */
const PASSING = [408, 425, 429];
const GONE = [404, 410];

/** Send, and say how it went; throws for nothing. */
export async function deliver(
  outside: Outside,
  row: OutboxRow,
  channel: Channel,
  keys: PushKeys,
): Promise<Outcome> {
  const link = row.answer_token ? outside.answerUrl(row.answer_token) : null;
  try {
    if (channel.type === "email") {
      await outside.mailer.send({
        id: row.id,
        to: channel.address,
        subject: title(row),
        text: row.invite_token
          ? invitationText(row, row.invite_token, outside.place)
          : plainText(row, link),
      });
      return { ok: true };
    }
    const request = await requestFor(outside, row, channel, link, keys);
    const { status } = await send(request, outside.network);
    return outcome(status, channel.type);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, error: oneLine(text), permanent: error instanceof ForbiddenError };
  }
}

/** A redirect is not followed: it could lead inside. */
export function outcome(status: number, type: Channel["type"]): Outcome {
  if (status >= 200 && status < 300) return { ok: true };
  const gone = type === "web_push" && GONE.includes(status);
  const permanent = status >= 300 && status < 500 && !PASSING.includes(status);
  return { ok: false, error: `answered ${status}`, permanent, gone };
}

async function requestFor(
  outside: Outside,
  row: OutboxRow,
  channel: Channel,
  link: string | null,
  keys: PushKeys,
): Promise<OutsideRequest> {
  const common = { method: "POST", url: channel.address };
  switch (channel.type) {
    case "ntfy":
      return { ...common, headers: ntfyHeaders(row, link), body: utf8(plainText(row, null)) };
    case "web_push":
      return {
        ...common,
        headers: {
          "Content-Encoding": "aes128gcm",
          "Content-Type": "application/octet-stream",
          "TTL": String(PUSH_SECONDS),
          "Urgency": row.urgent ? "high" : "normal",
          // The browser's service replaces an earlier message of the same topic.
          "Topic": row.id.replaceAll("-", ""),
          "Authorization": await vapid(channel.address, keys, outside.contact),
        },
        body: await encrypt(
          utf8(JSON.stringify(pushBody(row, link))),
          { p256dh: channel.config.p256dh ?? "", auth: channel.config.auth ?? "" },
        ),
      };
    case "slack":
      return { ...common, ...asJson(row, slackBody(row, link)) };
    case "discord":
      return { ...common, ...asJson(row, discordBody(row, link)) };
    default:
      return { ...common, ...await signed(row, channel, webhookBody(row, link)) };
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);

function asJson(row: OutboxRow, content: unknown) {
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    "Idempotency-Key": row.id,
  };
  return { headers, body: utf8(JSON.stringify(content)) };
}

async function signed(row: OutboxRow, channel: Channel, content: unknown) {
  const request = asJson(row, content);
  const timestamp = String(Math.floor(Date.now() / 1000));
  request.headers["Bdh-Timestamp"] = timestamp;
  request.headers["Bdh-Signature"] = await signature(
    channel.secret ?? "",
    row.id,
    timestamp,
    request.body,
  );
  return request;
}

/** ntfy takes UTF-8 in headers only as RFC 2047 words. */
function ntfyHeaders(row: OutboxRow, link: string | null): Record<string, string> {
  const headers: Record<string, string> = {
    "Title": encodedWord(title(row)),
    "Priority": row.urgent ? "high" : "default",
    "Tags": row.kind === "escalation" ? "raising_hand" : "speech_balloon",
    "Idempotency-Key": row.id,
  };
  if (link) headers["Click"] = link;
  return headers;
}

/** ASCII as it is, anything else as a base64 word of UTF-8. */
export function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return `=?UTF-8?B?${btoa(String.fromCharCode(...utf8(text)))}?=`;
}
