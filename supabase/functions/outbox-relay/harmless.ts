/** Other people's words made harmless, as `bdh/text.py` makes them. */

/** Ranges of characters that control a terminal, reorder text, or hide in it. */
export const HIDDEN: readonly (readonly [number, number])[] = [
  // C0 and C1 controls, so every escape sequence.
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  // Marks that reorder or hide text. Joiners stay: Persian and many emoji are written with them.
  [0x00ad, 0x00ad],
  [0x061c, 0x061c],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  // Annotations, and tags: letters that a language model reads and nobody sees.
  [0xfff9, 0xfffb],
  [0xe0000, 0xe01ef],
];

const hex = (code: number) => `\\u{${code.toString(16)}}`;
const UNSAFE = HIDDEN.map(([first, last]) => `${hex(first)}-${hex(last)}`).join("");
const UNSAFE_ANYWHERE = new RegExp(`[${UNSAFE}]`, "gu");
const UNSAFE_IN_BLOCK = new RegExp(`(?![\\t\\n])[${UNSAFE}]`, "gu");
// White space as Python has it: four separators more than here, and no byte order mark.
// deno-lint-ignore no-control-regex
const WHITE_SPACE = /(?:[\x1c-\x1f\x85]|(?!\ufeff)\s)+/gu;

/** At most `limit` UTF-16 units, never half a character: half of one is no valid text. */
export function cut(text: string, limit: number): string {
  return text.slice(0, limit).replace(/[\ud800-\udbff]$/, "");
}

/** One line, for a header, a title, a name. */
export function oneLine(text: string, limit = 150): string {
  const flat = text.replace(WHITE_SPACE, " ").trim().replace(UNSAFE_ANYWHERE, "");
  return flat.length > limit ? `${cut(flat, limit - 1)}…` : flat;
}

/** A text with its line breaks. */
export function block(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNSAFE_IN_BLOCK, "").trimEnd();
}
