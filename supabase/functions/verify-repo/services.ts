/** The check as its environment describes it. */

import { backend } from "../_shared/backend.ts";
import { type Network, resolveName, send } from "../_shared/outside.ts";
import type { Services } from "./handler.ts";
import { FORGES, verifyDue } from "./verify.ts";

const NETWORK: Network = { resolve: resolveName, allowPrivate: false, timeoutMs: 10_000 };

export function services(env: { get(name: string): string | undefined }): Services {
  const secretKey = env.get("SUPABASE_SERVICE_ROLE_KEY") ?? "";
  const db = backend(env.get("SUPABASE_URL") ?? "", secretKey);
  const deps = {
    backend: db,
    send: (request: Parameters<typeof send>[0]) => send(request, NETWORK),
    forges: FORGES,
  };
  return { backend: db, secretKey, verify: () => verifyDue(deps) };
}
