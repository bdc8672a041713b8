/**
 * The signature of a webhook's request: HMAC-SHA256 over `id.timestamp.body`.
 *
 * Receivers compute it over the bytes they got, compare in constant time, and refuse timestamps
 * older than five minutes; the id tells a repeated delivery.
 */
export async function signature(
  secret: string,
  id: string,
  timestamp: string,
  body: Uint8Array,
): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const message = new Uint8Array(head.length + body.length);
  message.set(head);
  message.set(body, head.length);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
  return "v1=" + [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
