/** HTTP in front of the relay: the scheduler's POST, and the pages of answer links. */

import { type Backend, isScheduler, json, RefusedError } from "../_shared/backend.ts";
import { messagePage, type Question, questionPage } from "./page.ts";
import type { Tally } from "./relay.ts";

export interface Services {
  backend: Backend;
  secretKey: string;
  relay(): Promise<Tally>;
}

const MAX_BODY_BYTES = 64 * 1024;
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  // Not no-referrer: browsers would then name no origin when the form is sent.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};
/** The dashboard may live elsewhere; the token in the path is all the right there is. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "apikey, authorization, content-type",
  "access-control-allow-methods": "GET, POST",
};

/** Answers one request of any kind. */
export async function handle(request: Request, services: Services): Promise<Response> {
  const path = /\/outbox-relay(\/[^?]*)?$/.exec(new URL(request.url).pathname)?.[1] ?? "/";
  const token = /^\/answer\/([A-Za-z0-9_-]{1,200})$/.exec(path)?.[1];
  if (token !== undefined) return await answer(request, services, token);
  if (path !== "/") return json(404, { code: "not_found", message: "There is nothing here" });
  if (request.method !== "POST") return json(405, { code: "method_not_allowed" });
  if (!await isScheduler(request, services.secretKey, services.backend)) {
    return json(401, { code: "not_allowed", message: "This is for the scheduler" });
  }
  return json(200, await services.relay());
}

/** GET shows and uses nothing up: scanners of mail open every link. POST answers. */
async function answer(request: Request, services: Services, token: string): Promise<Response> {
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
  const asPage = (request.headers.get("accept") ?? "").includes("text/html");
  try {
    if (request.method === "GET" || request.method === "HEAD") {
      const question = await services.backend.call<Question>("show_answer_link", {
        p_token: token,
      });
      return asPage ? html(200, questionPage(question)) : json(200, question, CORS);
    }
    if (request.method !== "POST") return json(405, { code: "method_not_allowed" }, CORS);
    const done = await services.backend.call<Question>("answer_by_link", {
      p_token: token,
      ...await fields(request),
    });
    return asPage
      ? html(200, messagePage("Thank you", `${done.asker.name} has your answer: ${done.answer}`))
      : json(200, done, CORS);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (asPage) return html(error.status, messagePage("Not answered", error.message));
    return json(error.status, { code: error.code, message: error.message }, CORS);
  }
}

function html(status: number, text: string): Response {
  return new Response(text, { status, headers: PAGE_HEADERS });
}

/** The answer in a form or in JSON. */
async function fields(request: Request): Promise<Record<string, unknown>> {
  const body = await limitedText(request);
  const given = (request.headers.get("content-type") ?? "").startsWith("application/json")
    ? parsed(body)
    : Object.fromEntries(new URLSearchParams(body));
  const option = Number(given.option);
  return {
    p_answer: typeof given.answer === "string" && given.answer.trim() ? given.answer : null,
    p_option: given.option !== undefined && Number.isInteger(option) ? option : null,
    p_note: typeof given.note === "string" ? given.note : null,
  };
}

function parsed(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    throw new RefusedError(400, "bad_json", "The body is not JSON");
  }
}

async function limitedText(request: Request): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new RefusedError(413, "too_long", "The answer is too long");
    parts.push(part);
  }
  return await new Blob(parts as Uint8Array<ArrayBuffer>[]).text();
}
