/** The example of RFC 8291, appendix A, byte for byte; and a signature that verifies. */

import { assert, assertEquals } from "../_shared/testing.ts";
import { encrypt, fromBase64Url, newPushKeys, toBase64Url, vapid } from "./push.ts";

const PLAINTEXT = "When I grow up, I want to be a watermelon";
const SUBSCRIPTION = {
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
};
const SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const SENDER_PUBLIC =
  "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
const MESSAGE =
  "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc" +
  "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgS" +
  "xsj_Qulcy4a-fN";

async function senderPair(): Promise<CryptoKeyPair> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const point = fromBase64Url(SENDER_PUBLIC);
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: toBase64Url(point.slice(1, 33)),
    y: toBase64Url(point.slice(33)),
  };
  return {
    publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []),
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: SENDER_PRIVATE }, curve, true, [
      "deriveBits",
    ]),
  };
}

Deno.test("the RFC's example comes out byte for byte", async () => {
  const random = { pair: await senderPair(), salt: fromBase64Url("DGv6ra1nlYgDCS1FRnbzlw") };

  const body = await encrypt(new TextEncoder().encode(PLAINTEXT), SUBSCRIPTION, random);

  assertEquals(toBase64Url(body), MESSAGE);
});

Deno.test("two messages with the same words share no byte of salt or key", async () => {
  const words = new TextEncoder().encode(PLAINTEXT);
  const [one, two] = await Promise.all([
    encrypt(words, SUBSCRIPTION),
    encrypt(words, SUBSCRIPTION),
  ]);

  assert(toBase64Url(one!.slice(0, 16)) !== toBase64Url(two!.slice(0, 16)));
});

Deno.test("the push service can verify who sends, to whom and until when", async () => {
  const keys = await newPushKeys();
  const now = Date.UTC(2026, 10, 23);

  const header = await vapid("https://push.example.com/a/b", keys, "mailto:ops@example.com", now);

  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(header)!;
  const [head, claims, signature] = token!.split(".");
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const publicKey = await crypto.subtle.importKey(
    "raw",
    fromBase64Url(key!),
    algorithm,
    false,
    ["verify"],
  );
  assert(
    await crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      publicKey,
      fromBase64Url(signature!),
      new TextEncoder().encode(`${head}.${claims}`),
    ),
  );
  assertEquals(JSON.parse(new TextDecoder().decode(fromBase64Url(claims!))), {
    aud: "https://push.example.com",
    exp: now / 1000 + 43200,
    sub: "mailto:ops@example.com",
  });
});
