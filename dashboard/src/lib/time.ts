import { signal } from "@preact/signals";

/** The wall clock, for relative times: `now` moves every 10 s, `second` every second. */
export const now = signal(Date.now());
export const second = signal(Date.now());

setInterval(() => {
  if (document.hidden) return;
  second.value = Date.now();
  if (second.value - now.value >= 10_000) now.value = second.value;
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
