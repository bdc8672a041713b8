/** E-mail: by SMTP if a server is configured, else as a file in the stack's outbox folder. */

import { encodedWord } from "./deliver.ts";
import { submit } from "./smtp.ts";

export interface Letter {
  /** The same letter sent twice carries the same Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

export interface Mailer {
  send(letter: Letter): Promise<void>;
}

export interface MailSettings {
  smtpUrl?: string;
  folder?: string;
}

/** The mailer these settings describe; without any, sending fails and is tried again. */
export function mailer(settings: MailSettings): Mailer {
  const { smtpUrl, folder } = settings;
  if (smtpUrl) {
    const server = new URL(smtpUrl);
    const from = server.searchParams.get("from") ?? `bdh@${server.hostname}`;
    return { send: (letter) => submit(server, from, letter.to, compose(letter, from)) };
  }
  if (folder) return { send: (letter) => drop(folder, letter) };
  return { send: () => Promise.reject(new Error("no mail server is configured (SMTP_URL)")) };
}

/** Named by the letter: sent again it takes the place of the first. */
async function drop(folder: string, letter: Letter): Promise<void> {
  const draft = `${folder}/.${letter.id}.tmp`;
  await Deno.writeTextFile(draft, compose(letter, "bdh@localhost"), { mode: 0o600 });
  await Deno.rename(draft, `${folder}/${letter.id}.eml`);
}

/** The message; the body is base64, so that no line of it can be taken for anything else. */
export function compose(letter: Letter, from: string, now = new Date()): string {
  if (/[\r\n<>\s]/.test(letter.to)) throw new Error("not an e-mail address");
  const body = btoa(String.fromCharCode(...new TextEncoder().encode(letter.text)));
  return [
    `From: bdh <${from}>`,
    `To: ${letter.to}`,
    `Subject: ${encodedWord(letter.subject)}`,
    `Date: ${now.toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${letter.id}@bdh.invalid>`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    ...body.match(/.{1,76}/g) ?? [],
    "",
  ].join("\r\n");
}
