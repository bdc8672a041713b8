/** Web push: a message only the browser can read (RFC 8291), signed by the server (RFC 8292). */

import type { PushKeys } from "./types.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", namedCurve: "P-256" };
const RECORD_BYTES = 4096;
const TOKEN_SECONDS = 12 * 3600;

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/").replaceAll("=", ""));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A new pair for signing: the public half is what browsers subscribe with. */
export async function newPushKeys(): Promise<PushKeys> {
  const pair = await crypto.subtle.generateKey(SIGNING, true, ["sign", "verify"]) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    public: toBase64Url(raw),
    private: await crypto.subtle.exportKey("jwk", pair.privateKey),
  };
}

async function hkdf(salt: BufferSource, key: BufferSource, info: BufferSource, bytes: number) {
  const base = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const derived = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt, info },
    base,
    bytes * 8,
  );
  return new Uint8Array(derived);
}

export interface Randomness {
  pair: CryptoKeyPair;
  salt: Uint8Array<ArrayBuffer>;
}

async function freshRandomness(): Promise<Randomness> {
  return {
    pair: await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]) as CryptoKeyPair,
    salt: crypto.getRandomValues(new Uint8Array(16)),
  };
}

/** The body of a push message for a subscription's keys. */
export async function encrypt(
  message: Uint8Array,
  config: { p256dh: string; auth: string },
  random?: Randomness,
): Promise<Uint8Array<ArrayBuffer>> {
  const { pair, salt } = random ?? await freshRandomness();
  const theirs = fromBase64Url(config.p256dh);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const theirKey = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits(
    { name: "ECDH", public: theirKey },
    pair.privateKey,
    256,
  );
  const info = concat(utf8("WebPush: info\0"), theirs, ours);
  const secret = await hkdf(fromBase64Url(config.auth), shared, info, 32);
  const key = await hkdf(salt, secret, utf8("Content-Encoding: aes128gcm\0"), 16);
  const nonce = await hkdf(salt, secret, utf8("Content-Encoding: nonce\0"), 12);
  const cipher = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce },
    await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]),
    concat(message, Uint8Array.of(2)),
  );
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, RECORD_BYTES);
  return concat(salt, size, Uint8Array.of(ours.length), ours, new Uint8Array(cipher));
}

/** The Authorization header for a push service: who sends, to whom, until when. */
export async function vapid(endpoint: string, keys: PushKeys, contact: string, now = Date.now()) {
  const claims = {
    aud: new URL(endpoint).origin,
    exp: Math.floor(now / 1000) + TOKEN_SECONDS,
    sub: contact,
  };
  const part = (value: unknown) => toBase64Url(utf8(JSON.stringify(value)));
  const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
  const key = await crypto.subtle.importKey("jwk", keys.private, SIGNING, false, ["sign"]);
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    key,
    utf8(signed),
  );
  return `vapid t=${signed}.${toBase64Url(new Uint8Array(signature))}, k=${keys.public}`;
}
