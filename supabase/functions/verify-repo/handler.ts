/** HTTP in front of the check: the scheduler's POST. */

import { type Backend, isScheduler, json } from "../_shared/backend.ts";
import type { Visibility } from "./verify.ts";

export interface Services {
  backend: Backend;
  secretKey: string;
  verify(): Promise<Record<Visibility, number>>;
}

export async function handle(request: Request, services: Services): Promise<Response> {
  if (request.method !== "POST") return json(405, { code: "method_not_allowed" });
  if (!await isScheduler(request, services.secretKey, services.backend)) {
    return json(401, { code: "not_allowed", message: "This is for the scheduler" });
  }
  return json(200, await services.verify());
}
