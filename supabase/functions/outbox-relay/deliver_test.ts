/** What each channel is sent, and what its answer means. */

import { createHmac } from "node:crypto";
import { assert, assertEquals } from "../_shared/testing.ts";
import { deliver, encodedWord, outcome, type Outside } from "./deliver.ts";
import { channel, row } from "./fixtures.ts";
import { compose, type Letter, mailer } from "./mail.ts";
import { discordBody, plainText, slackBody, title } from "./messages.ts";
import { newPushKeys } from "./push.ts";
import type { Channel, Outcome } from "./types.ts";

interface Heard {
  headers: Headers;
  body: string;
}

const keys = await newPushKeys();

function outside(changes: Partial<Outside> = {}): Outside {
  return {
    network: { resolve: () => Promise.resolve([]), allowPrivate: true, timeoutMs: 2000 },
    mailer: { send: () => Promise.resolve() },
    answerUrl: (token) => `https://bdh.example/answer/${token}`,
    contact: "mailto:ops@example.com",
    place: { url: "https://bdh.example", key: "sb_publishable_x", dashboard: null },
    ...changes,
  };
}

/** Deliver the row to a server of ours; what it heard. */
async function delivered(changes: Partial<Channel>, status = 200): Promise<[Outcome, Heard[]]> {
  const heard: Heard[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      heard.push({ headers: request.headers, body: await request.text() });
      return new Response("", { status });
    },
  );
  const address = `http://127.0.0.1:${server.addr.port}/hook`;
  const found = await deliver(outside(), row(), channel({ ...changes, address }), keys);
  await server.shutdown();
  return [found, heard];
}

Deno.test("a webhook is signed over id, time and body, and carries its idempotency key", async () => {
  const [found, [heard]] = await delivered({ type: "webhook" });

  assertEquals(found, { ok: true });
  const { headers, body } = heard!;
  const signed = `${row().id}.${headers.get("bdh-timestamp")}.${body}`;
  const mac = createHmac("sha256", "whsec_test").update(signed).digest("hex");
  assertEquals(headers.get("bdh-signature"), `v1=${mac}`);
  assertEquals(headers.get("idempotency-key"), row().id);
  assert(Math.abs(Number(headers.get("bdh-timestamp")) - Date.now() / 1000) < 5);
  const content = JSON.parse(body);
  assertEquals([content.id, content.subject, content.answer_url], [
    row().id,
    "Which database?",
    "https://bdh.example/answer/token",
  ]);
});

Deno.test("ntfy gets a title, a priority and a link", async () => {
  const [, [heard]] = await delivered({ type: "ntfy" });

  assertEquals(heard!.headers.get("title"), "alice-dev asks: Which database?");
  assertEquals(heard!.headers.get("priority"), "high");
  assertEquals(heard!.headers.get("click"), "https://bdh.example/answer/token");
});

Deno.test("a browser's push service gets an encrypted body", async () => {
  const config = {
    p256dh:
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  };
  const [found, [heard]] = await delivered({ type: "web_push", config }, 201);

  assertEquals(found, { ok: true });
  assertEquals(heard!.headers.get("content-encoding"), "aes128gcm");
  assertEquals(heard!.headers.get("urgency"), "high");
  assert(!heard!.body.includes("database"));
});

Deno.test("answers mean: done, later, never, gone", () => {
  assertEquals(outcome(204, "slack"), { ok: true });
  for (const status of [500, 503, 429, 408]) {
    const found = outcome(status, "webhook");
    assert(!found.ok && !found.permanent, `${status}`);
  }
  for (const status of [301, 302, 307, 400, 401, 404]) {
    const found = outcome(status, "webhook");
    assert(!found.ok && found.permanent && !found.gone, `${status}`);
  }
  const gone = outcome(410, "web_push");
  assert(!gone.ok && gone.gone);
});

Deno.test("a private address is refused for good", async () => {
  const strict = outside({
    network: { resolve: () => Promise.resolve(["10.0.0.1"]), allowPrivate: false, timeoutMs: 1000 },
  });
  const found = await deliver(strict, row(), channel({ address: "https://intranet/" }), keys);
  assert(!found.ok && found.permanent === true);
});

Deno.test("nobody listening is tried again", async () => {
  const found = await deliver(outside(), row(), channel({ address: "http://127.0.0.1:1/" }), keys);
  assert(!found.ok && !found.permanent);
});

Deno.test("an agent's words cannot become mentions, links or headers", () => {
  const sly = row();
  sly.content = {
    ...sly.content,
    subject: "<!channel>\r\nBcc: x@y",
    text: "<https://evil|here> @everyone",
  };

  const slack = JSON.stringify(slackBody(sly, null));
  assert(!slack.includes("<!channel>") && !slack.includes("<https://evil"));
  const discord = discordBody(sly, null) as { allowed_mentions: unknown };
  assertEquals(discord.allowed_mentions, { parse: [] });
  assert(!/[\r\n]/.test(title(sly)));
  const letter: Letter = { id: "x", to: "ann@example.com", subject: title(sly), text: "t" };
  assertEquals(compose(letter, "bdh@localhost").match(/^Bcc:/m), null);
});

Deno.test("text says what can be done", () => {
  const text = plainText(row(), "https://bdh.example/a");
  for (
    const part of [
      "We must choose",
      "1. Postgres",
      "2. SQLite",
      "https://bdh.example/a",
      "bdh :esc",
    ]
  ) {
    assert(text.includes(part), part);
  }
});

Deno.test("letters beyond ASCII are encoded in headers", () => {
  assertEquals(encodedWord("Grüße"), "=?UTF-8?B?R3LDvMOfZQ==?=");
  assertEquals(encodedWord("plain"), "plain");
});

Deno.test("mail without a server becomes one file, however often it is sent", async () => {
  const folder = await Deno.makeTempDir();
  const letter: Letter = { id: row().id, to: "ann@example.com", subject: "Hi", text: "Grüße\n.\n" };
  for (let times = 0; times < 2; times++) await mailer({ folder }).send(letter);

  const files = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  assertEquals(files, [`${row().id}.eml`]);
  const text = await Deno.readTextFile(`${folder}/${files[0]}`);
  assert(text.includes(`Message-ID: <${row().id}@bdh.invalid>`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a mail server is handed the message by its protocol", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let heard = "";
  const serving = (async () => {
    const connection = await listener.accept();
    const say = (text: string) => connection.write(new TextEncoder().encode(`${text}\r\n`));
    await say("220 ready");
    let inData = false;
    const buffer = new Uint8Array(8192);
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      const text = new TextDecoder().decode(buffer.subarray(0, count));
      heard += text;
      if (inData) {
        if (!heard.endsWith("\r\n.\r\n")) continue;
        inData = false;
        await say("250 queued");
      } else if (text.startsWith("EHLO")) await say("250-hello\r\n250 AUTH PLAIN");
      else if (text.startsWith("DATA")) {
        inData = true;
        await say("354 go on");
      } else await say("250 fine");
      if (text.includes("QUIT")) break;
    }
    connection.close();
  })();
  const smtpUrl = `smtp://user:p%40ss@127.0.0.1:${listener.addr.port}?from=bdh@example.com`;
  await mailer({ smtpUrl }).send({ id: "i", to: "ann@example.com", subject: "Hi", text: "words" });
  await serving;
  listener.close();

  assert(heard.includes(`AUTH PLAIN ${btoa("\0user\0p@ss")}`));
  assert(
    heard.includes("MAIL FROM:<bdh@example.com>") && heard.includes("RCPT TO:<ann@example.com>"),
  );
  assert(heard.includes(btoa("words")));
});

Deno.test("no mail server is a reason to try again", async () => {
  const found = await deliver(
    outside({ mailer: mailer({}) }),
    row(),
    channel({ type: "email" }),
    keys,
  );
  assert(!found.ok && !found.permanent && found.error.includes("SMTP_URL"));
});
