/**
 * The embedded stack's edge functions in one process, started by bdh/stack/functions.py.
 *
 * Prints the port it listens on as its first line. It lives as long as its standard input stays
 * open: when the gateway is killed, the pipe closes and this ends too.
 */

import { handle } from "../outbox-relay/handler.ts";
import { services } from "../outbox-relay/services.ts";
import { handle as verify } from "../verify-repo/handler.ts";
import { services as verifyServices } from "../verify-repo/services.ts";

type Handler = (request: Request) => Promise<Response>;

const relay = services(Deno.env);
const verifier = verifyServices(Deno.env);
const functions: Record<string, Handler> = {
  "outbox-relay": (request) => handle(request, relay),
  "verify-repo": (request) => verify(request, verifier),
};

async function dispatch(request: Request): Promise<Response> {
  const name = /^\/functions\/v1\/([a-z-]+)(\/|$)/.exec(new URL(request.url).pathname)?.[1] ?? "";
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) return Response.json({ code: "not_found" }, { status: 404 });
  try {
    return await found(request);
  } catch (error) {
    console.error(JSON.stringify({ function: name, error: String(error) }));
    return Response.json({ code: "function_failed", message: "The function failed" }, {
      status: 500,
    });
  }
}

async function untilParentEnds(): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await Deno.stdin.read(buffer) !== null);
  Deno.exit(0);
}

const onListen = ({ port }: { port: number }) => console.log(port);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, dispatch);
await untilParentEnds();
