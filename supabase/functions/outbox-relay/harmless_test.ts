/** What other people write reaches a mailbox, a chat or a title without what nobody can see. */

import { assert, assertEquals } from "../_shared/testing.ts";
import { row } from "./fixtures.ts";
import { block, cut, HIDDEN, oneLine } from "./harmless.ts";
import { discordBody, plainText, pushBody, slackBody, title } from "./messages.ts";

/** Every hidden character between two letters; U+E0041 is a tag that says "A" to a model. */
const hostile = `a${
  HIDDEN.flat().map((code) => String.fromCodePoint(code)).join("")
}\u{e0041}\x1b[31mb`;

function hidden(text: string): number[] {
  const codes = [...text].map((char) => char.codePointAt(0)!);
  return codes.filter((code) => HIDDEN.some(([first, last]) => code >= first && code <= last));
}

Deno.test("one line has no character that hides", () => {
  assertEquals(hidden(oneLine(hostile)), []);
  assertEquals(oneLine("so\u00adft \u202eleft\u2066 zero\u200bwidth\ufeff"), "soft left zerowidth");
  assertEquals(oneLine("  two\r\n\tlines \u2028 here\x1f"), "two lines here");
});

Deno.test("what people write with stays: joiners, emoji, other scripts", () => {
  const text = "می\u200cخواهم 👩\u200d💻 日本語 é";
  assertEquals([oneLine(text), block(text)], [text, text]);
});

Deno.test("a block keeps its lines and tabs", () => {
  assertEquals(block("one\r\n\ttwo\u202e\n\nthree\x07\n"), "one\n\ttwo\n\nthree");
  assertEquals(hidden(block(hostile)), []);
});

Deno.test("text is never cut within a character", () => {
  assertEquals(cut("ab😀", 3), "ab");
  assertEquals(oneLine("ab😀cd", 4), "ab…");
});

Deno.test("no channel for people carries hidden characters", () => {
  const content = { ...row().content, subject: hostile, text: hostile, options: [hostile, "b"] };
  const sent = row({ content: { ...content, from: { ...content.from!, name: hostile } } });

  const told = [
    title(sent),
    plainText(sent, null),
    ...shownIn(slackBody(sent, null)),
    ...shownIn(discordBody(sent, null)),
    ...shownIn(pushBody(sent, null)),
  ];

  assert(told.length > 5);
  assertEquals(told.flatMap((text) => hidden(text.replaceAll("\n", ""))), []);
});

/** Every text in a body, at whatever depth. */
function shownIn(body: unknown): string[] {
  if (typeof body === "string") return [body];
  return body && typeof body === "object" ? Object.values(body).flatMap(shownIn) : [];
}
