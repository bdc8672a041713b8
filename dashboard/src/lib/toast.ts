import { signal } from "@preact/signals";
import { asRefusal } from "./refusal";

export interface Toast {
  id: number;
  tone: "ok" | "bad";
  text: string;
  hint: string | null;
}

export const toasts = signal<Toast[]>([]);
let last = 0;

export function say(text: string, tone: Toast["tone"] = "ok", hint: string | null = null): void {
  const toast = { id: ++last, tone, text, hint };
  toasts.value = [...toasts.value.slice(-4), toast];
  // A refusal stays long enough to be read; it can be closed before.
  setTimeout(() => dismiss(toast.id), tone === "bad" ? 12_000 : 4_000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Show why something was not done, in the words of whoever refused. */
export function refuse(error: unknown): void {
  const refusal = asRefusal(error);
  say(refusal.message, "bad", refusal.hint);
}

/**
 * Do something optimistically: `undo` takes back what the caller has shown already, if the
 * database refuses. Returns what it answered, or nothing when it refused.
 */
export async function attempt<T>(work: () => Promise<T>, done?: string, undo?: () => void): Promise<T | undefined> {
  try {
    const result = await work();
    if (done) say(done);
    return result;
  } catch (error) {
    undo?.();
    refuse(error);
    return undefined;
  }
}
