import { signal } from "@preact/signals";

/** What to add to this machine's clock to have the database's, which all times here are told by. */
let offset = 0;
/** Less than this is as likely the way there and back as a wrong clock. */
const TOLERANCE_MS = 250;

/** The database's clock, as far as it is known. */
export const serverTime = (): number => Date.now() + offset;
export const serverIso = (): string => new Date(serverTime()).toISOString();

/** Learn the difference from an answer that says when it was made; `askedAt` by this machine's clock. */
export function learnTime(toldAt: string | undefined, askedAt: number): void {
  const half = (Date.now() - askedAt) / 2;
  const found = Date.parse(toldAt ?? "") - askedAt - half;
  if (Number.isNaN(found) || Math.abs(found - offset) <= Math.max(0, half) + TOLERANCE_MS) return;
  offset = found;
  now.value = second.value = serverTime();
}

/** For relative times: `now` moves every 10 s, `second` every second. */
export const now = signal(serverTime());
export const second = signal(serverTime());

setInterval(() => {
  if (document.hidden) return;
  second.value = serverTime();
  if (Math.abs(second.value - now.value) >= 10_000) now.value = second.value;
}, 1000);

const STEPS: [number, string][] = [
  [86_400 * 365, "y"],
  [86_400 * 30, "mo"],
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
];

/** `4m`, `2h`, `3d`: the largest unit that fits. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [size, unit] of STEPS) if (whole >= size) return `${Math.floor(whole / size)}${unit}`;
  return `${whole}s`;
}

export function relative(at: string, from: number): string {
  const seconds = (from - Date.parse(at)) / 1000;
  if (Math.abs(seconds) < 10) return "now";
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export const absolute = (at: string): string => FULL.format(new Date(at));
export const clock = (at: number | string): string => CLOCK.format(new Date(at));
