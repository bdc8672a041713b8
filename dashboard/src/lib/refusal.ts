/** What the database (or the way to it) said instead of doing something, in its own words. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly hint: string | null = null,
    readonly details: unknown = null,
  ) {
    super(message);
  }
}

interface Wire {
  message?: string;
  code?: string | number;
  hint?: string | null;
  details?: unknown;
}

export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const wire = (error ?? {}) as Wire;
  const message = String(wire.message ?? "Something went wrong");
  if (/failed to fetch|networkerror|load failed|fetch failed/i.test(message)) {
    return new Refusal("The backend cannot be reached", "unreachable", "bdh :up starts the embedded stack");
  }
  return new Refusal(message, String(wire.code || "error"), wire.hint ?? null, wire.details ?? null);
}
