/** URLs of strangers lead outside or nowhere. */

import { isPublic } from "./addresses.ts";
import { assert, assertEquals, assertThrowsWith } from "./testing.ts";
import { ForbiddenError, type Network, send } from "./outside.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function network(changes: Partial<Network> = {}): Network {
  return { resolve: () => Promise.resolve([]), allowPrivate: false, timeoutMs: 2000, ...changes };
}

const inside = network({ allowPrivate: true });

/** A server that answers every connection with these bytes; what it was sent. */
async function answering(
  bytes: string,
  work: (url: string, asked: () => string) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let heard = "";
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(65536);
      const count = await connection.read(buffer) ?? 0;
      heard += new TextDecoder().decode(buffer.subarray(0, count));
      await connection.write(utf8(bytes)).catch(() => 0);
      connection.close();
    }
  })();
  try {
    await work(`http://127.0.0.1:${listener.addr.port}/hook?a=b`, () => heard);
  } finally {
    listener.close();
    await serving;
  }
}

for (
  const address of [
    ..."127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254".split(
      " ",
    ),
    ..."0.0.0.0 100.64.0.1 198.18.0.1 224.0.0.1 255.255.255.255 192.0.2.1".split(" "),
    ..."::1 :: fe80::1 fc00::1 fd12:3456::1 ff02::1 ::ffff:127.0.0.1 ::ffff:7f00:1".split(" "),
    ..."::ffff:10.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1:: 2001:db8::1 2001::1".split(" "),
    ..."0177.0.0.1 0x7f.0.0.1 2130706433 127.1 fe80::1%eth0 1.2.3 a.b.c.d 1:2:3".split(" "),
  ]
) {
  Deno.test(`${address} is not public`, () => assert(!isPublic(address)));
}

for (
  const address of ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
) {
  Deno.test(`${address} is public`, () => assert(isPublic(address)));
}

for (
  const url of [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "http://user:secret@example.com/",
  ]
) {
  Deno.test(`a request to ${url} is refused`, async () => {
    const resolve = (name: string) =>
      Promise.resolve([name === "localhost" ? "127.0.0.1" : "1.1.1.1"]);
    await assertThrowsWith(
      () => send({ method: "POST", url, headers: {} }, network({ resolve })),
      (error) => error instanceof ForbiddenError,
    );
  });
}

Deno.test("one private address among public ones is enough to refuse", async () => {
  const resolve = () => Promise.resolve(["1.1.1.1", "10.0.0.1"]);
  await assertThrowsWith(
    () => send({ method: "GET", url: "http://two.example/", headers: {} }, network({ resolve })),
    (error) => error instanceof ForbiddenError,
  );
});

Deno.test("a name is asked for once: rebinding it changes nothing", async () => {
  await answering("HTTP/1.1 204 No Content\r\n\r\n", async (url, asked) => {
    let times = 0;
    const resolve = () => Promise.resolve([++times === 1 ? "127.0.0.1" : "1.1.1.1"]);
    const named = url.replace("127.0.0.1", "rebinding.example");
    const answer = await send(
      { method: "GET", url: named, headers: {} },
      network({ resolve, allowPrivate: true }),
    );
    assertEquals([answer.status, times], [204, 1]);
    assert(asked().includes("Host: rebinding.example:"));
  });
});

Deno.test("a redirect is an answer and is not followed", async () => {
  const redirect =
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
  await answering(redirect, async (url) => {
    assertEquals((await send({ method: "GET", url, headers: {} }, inside)).status, 302);
  });
});

Deno.test("method, path, headers and body arrive as given", async () => {
  await answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", async (url, asked) => {
    const request = { method: "POST", url, headers: { "X-Test": "one" }, body: utf8("{}") };
    const answer = await send(request, inside);
    assertEquals(new TextDecoder().decode(answer.body), "ok");
    assert(asked().startsWith("POST /hook?a=b HTTP/1.1\r\n"));
    assert(asked().includes("\r\nX-Test: one\r\n") && asked().endsWith("\r\n\r\n{}"));
  });
});

Deno.test("a chunked body is read", async () => {
  const chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  await answering(chunked, async (url) => {
    const answer = await send({ method: "GET", url, headers: {} }, inside);
    assertEquals(new TextDecoder().decode(answer.body), "abcde");
  });
});

Deno.test("a line break in a header is refused", async () => {
  await assertThrowsWith(
    () => send({ method: "GET", url: "http://127.0.0.1:1/", headers: { A: "b\r\nC: d" } }, inside),
    (error) => error instanceof Error,
  );
});

Deno.test("a server that says nothing does not hold the worker", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const began = Date.now();
  await assertThrowsWith(
    () =>
      send({ method: "GET", url, headers: {} }, network({ allowPrivate: true, timeoutMs: 100 })),
    (error) => error instanceof Error && error.message === "no answer in time",
  );
  assert(Date.now() - began < 1500);
  listener.close();
});

Deno.test("an answer without end is cut", async () => {
  await answering("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(400_000), async (url) => {
    const answer = await send({ method: "GET", url, headers: {} }, inside);
    assert(answer.body.length <= 320_000);
  });
});
