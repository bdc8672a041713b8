/** The database's functions, called with the secret key. */

export interface Backend {
  call<T>(name: string, args?: Record<string, unknown>): Promise<T>;
}

/** What the database said no to; `status` and `code` are its own. */
export class RefusedError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** The backend at `url`. */
export function backend(url: string, secretKey: string): Backend {
  const headers = {
    "apikey": secretKey,
    "content-type": "application/json",
    // A legacy key is a JWT and names its role; the new ones are mapped by the API gateway.
    ...(secretKey.startsWith("ey") ? { "authorization": `Bearer ${secretKey}` } : {}),
  };
  return {
    async call<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
      const response = await fetch(`${url}/rest/v1/rpc/${name}`, {
        method: "POST",
        headers,
        body: JSON.stringify(args),
        signal: AbortSignal.timeout(30_000),
      });
      const body = await response.json();
      if (!response.ok) {
        throw new RefusedError(response.status, body.code ?? "", body.message ?? "");
      }
      return body as T;
    },
  };
}

/** Whether two secrets are equal, in a time that does not tell how much of them is. */
export async function sameSecret(left: string, right: string): Promise<boolean> {
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [a, b] = await Promise.all([digest(left), digest(right)]);
  return a.every((byte, index) => byte === b[index]);
}

/**
 * Whether a request may start scheduled work: it carries the secret key, or the random token that
 * the scheduler knows (platform.md §1).
 */
export async function isScheduler(request: Request, secretKey: string, db: Backend) {
  const given = /^Bearer (.{16,4000})$/.exec(request.headers.get("authorization") ?? "")?.[1] ??
    request.headers.get("apikey");
  if (!given) return false;
  if (await sameSecret(given, secretKey)) return true;
  return (await db.call<{ valid: boolean }>("check_relay_token", { p_token: given })).valid;
}

export function json(status: number, content: unknown, headers: Record<string, string> = {}) {
  return new Response(JSON.stringify(content), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}
