/** The mail that an invited human gets. */

import { assert, assertEquals } from "../_shared/testing.ts";
import { deliver } from "./deliver.ts";
import { channel, row } from "./fixtures.ts";
import { invitationText } from "./invitation.ts";
import type { Letter } from "./mail.ts";
import { newPushKeys } from "./push.ts";
import { place } from "./services.ts";

const invited = row({
  kind: "invitation",
  urgent: false,
  content: {
    subject: "Invitation to the project acme",
    text: "ann@example.com invites you to the project acme, as member.",
    expires_at: "2026-11-30T04:00:00+00:00",
    entity: { type: "invite", id: "i" },
  },
  recipient: { kind: "invitee", id: "i", name: "ada@example.com" },
  answer_token: null,
  invite_token: "bdhi_token",
});
const here = { url: "https://bdh.example", key: "sb_publishable_x", dashboard: null };

Deno.test("an invitation says what to type, for whom and until when", () => {
  const text = invitationText(invited, "bdhi_token", here);
  for (
    const part of [
      "ann@example.com invites you to the project acme, as member.",
      "export BDH_URL=https://bdh.example BDH_KEY=sb_publishable_x",
      "bdh :login ada@example.com",
      "bdh :members accept bdhi_token",
      "until 2026-11-30T04:00:00+00:00, for ada@example.com only",
    ]
  ) assert(text.includes(part), part);
});

Deno.test("with a dashboard it leads there too", () => {
  const text = invitationText(invited, "bdhi_token", {
    ...here,
    dashboard: "https://dash.example",
  });
  assert(text.includes("Or open https://dash.example, sign in as ada@example.com"));
});

Deno.test("it goes out as one letter, under the row's id and an honest subject", async () => {
  const letters: Letter[] = [];
  const outside = {
    network: { resolve: () => Promise.resolve([]), allowPrivate: false, timeoutMs: 1000 },
    mailer: {
      send: (letter: Letter) => {
        letters.push(letter);
        return Promise.resolve();
      },
    },
    answerUrl: (token: string) => `https://bdh.example/${token}`,
    contact: "mailto:ops@example.com",
    place: here,
  };
  const to = channel({ type: "email", address: "ada@example.com", secret: null });
  assertEquals(await deliver(outside, invited, to, await newPushKeys()), { ok: true });
  assertEquals(letters.map((one) => [one.id, one.to, one.subject]), [
    [invited.id, "ada@example.com", "Invitation to the project acme"],
  ]);
  assert(letters[0]!.text.includes("bdh :members accept bdhi_token"));
});

Deno.test("the place is what people reach, with a key that is public", () => {
  const env = (given: Record<string, string>) => ({ get: (name: string) => given[name] });
  assertEquals(
    place(
      env({ BDH_PUBLIC_URL: "https://lan:54743/", SUPABASE_ANON_KEY: "sb_publishable_a" }),
      "x",
    ),
    {
      url: "https://lan:54743",
      key: "sb_publishable_a",
      dashboard: "https://lan:54743",
    },
  );
  const hosted = {
    SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_b"}',
    BDH_PUBLIC_URL: "",
  };
  assertEquals(place(env(hosted), "https://ref.supabase.co"), {
    url: "https://ref.supabase.co",
    key: "sb_publishable_b",
    dashboard: null,
  });
});
