/** Who may start the relay; links that show on GET and answer on POST; a relay that settles. */

import { type Backend, RefusedError } from "../_shared/backend.ts";
import { assert, assertEquals } from "../_shared/testing.ts";
import { row } from "./fixtures.ts";
import { handle, type Services } from "./handler.ts";
import { type Deps, relay } from "./relay.ts";
import type { OutboxRow, Outcome } from "./types.ts";

const QUESTION = {
  id: "e",
  status: "pending",
  subject: "<b>Which</b> database?",
  situation: "</pre><script>alert(1)</script>",
  options: ['"Postgres"', "SQLite"],
  asker: { name: "alice-dev" },
  answer: null,
  expires_at: null,
  member: "Ann",
};
const BASE = "http://localhost/functions/v1/outbox-relay";

type Call = [string, Record<string, unknown>];

function world(answers: Record<string, (args: Record<string, unknown>) => unknown>) {
  const calls: Call[] = [];
  const backend: Backend = {
    call: <T>(name: string, args: Record<string, unknown> = {}) => {
      calls.push([name, args]);
      return Promise.resolve(answers[name]!(args) as T);
    },
  };
  const services: Services = {
    backend,
    secretKey: "sb_secret_of_the_stack_itself",
    relay: () => Promise.resolve({ delivered: 1, pending: 0, parked: 0 }),
  };
  return { calls, services, backend };
}

const open = { show_answer_link: () => QUESTION };

Deno.test("only the scheduler starts the relay", async () => {
  const { services } = world({
    check_relay_token: (args) => ({ valid: args.p_token === "t".repeat(32) }),
  });
  const status = async (headers: Record<string, string>, method = "POST") =>
    (await handle(new Request(BASE, { method, headers }), services)).status;

  assertEquals(await status({}), 401);
  assertEquals(await status({ authorization: `Bearer ${"x".repeat(32)}` }), 401);
  assertEquals(await status({ authorization: `Bearer ${"t".repeat(32)}` }), 200);
  assertEquals(await status({ apikey: services.secretKey }), 200);
  assertEquals(await status({ apikey: services.secretKey }, "GET"), 405);
});

Deno.test("GET and HEAD only show, as often as they like", async () => {
  const { calls, services } = world(open);
  for (const method of ["GET", "HEAD", "GET"]) {
    const request = new Request(`${BASE}/answer/tok`, { method, headers: { accept: "text/html" } });
    assertEquals((await handle(request, services)).status, 200);
  }
  assertEquals(calls.map(([name]) => name), Array(3).fill("show_answer_link"));
});

Deno.test("the page shows an agent's words as words", async () => {
  const { services } = world(open);
  const request = new Request(`${BASE}/answer/tok`, { headers: { accept: "text/html" } });
  const response = await handle(request, services);
  const text = await response.text();

  assert(!text.includes("<script>") && !text.includes("<b>Which"));
  assert(text.includes("&quot;Postgres&quot;"));
  assert(response.headers.get("content-security-policy")!.includes("default-src 'none'"));
});

Deno.test("POST answers, by form or by JSON", async () => {
  const { calls, services } = world({
    answer_by_link: (args) => ({ ...QUESTION, answer: args.p_answer ?? "SQLite" }),
  });
  const post = (body: string, type: string) =>
    handle(
      new Request(`${BASE}/answer/tok`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      }),
      services,
    );

  await post("option=2&answer=", "application/x-www-form-urlencoded");
  await post('{"answer": "Postgres", "note": "it scales"}', "application/json");
  assertEquals(calls.map(([, args]) => args), [
    { p_token: "tok", p_answer: null, p_option: 2, p_note: null },
    { p_token: "tok", p_answer: "Postgres", p_option: null, p_note: "it scales" },
  ]);
  assertEquals((await post("{", "application/json")).status, 400);
  assertEquals((await post("answer=" + "x".repeat(70_000), "text/plain")).status, 413);
});

Deno.test("a used link says so with the database's status", async () => {
  const { services } = world({
    show_answer_link: () => {
      throw new RefusedError(403, "link_invalid", "This link is unknown, expired or used");
    },
  });
  const response = await handle(new Request(`${BASE}/answer/tok`), services);
  assertEquals([response.status, (await response.json()).code], [403, "link_invalid"]);
});

/** A database in memory with the rows' life: leased, delivered or back. */
function queue(rows: OutboxRow[], deliver: Deps["deliver"]) {
  const settled: [string, Outcome[]][] = [];
  const { backend } = world({
    lease_outbox: () => ({ lease: "l", rows: rows.splice(0, 2), push_keys: null }),
    keep_push_keys: (args) => ({ public: args.p_public, private: args.p_private }),
    settle_outbox: (args) => {
      const results = args.p_results as Outcome[];
      settled.push([args.p_id as string, results]);
      return { status: results.every((result) => result.ok) ? "delivered" : "pending" };
    },
  });
  return { settled, deps: { backend, deliver } };
}

Deno.test("the keys of web push are made when asked for, also with nothing to send", async () => {
  const { deps } = queue([], () => Promise.resolve({ ok: true }));
  const asked: string[] = [];
  const call = deps.backend.call.bind(deps.backend);
  deps.backend.call = (fn, args) => (asked.push(fn), call(fn, args));

  await relay(deps);

  assertEquals(asked, ["lease_outbox", "keep_push_keys"]);
});

Deno.test("every leased row is settled with what became of each channel", async () => {
  const rows = ["1", "2", "3"].map((id) => row({ id }));
  const { settled, deps } = queue(
    rows,
    (one) => Promise.resolve(one.id === "2" ? { ok: false, error: "500" } : { ok: true }),
  );

  assertEquals(await relay(deps), { delivered: 2, pending: 1, parked: 0 });
  assertEquals(settled.map(([id]) => id).sort(), ["1", "2", "3"]);
});
