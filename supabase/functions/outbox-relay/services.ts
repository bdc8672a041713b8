/** The relay as its environment describes it. */

import { backend } from "../_shared/backend.ts";
import { resolveName } from "../_shared/outside.ts";
import { deliver, type Outside } from "./deliver.ts";
import type { Services } from "./handler.ts";
import type { Place } from "./invitation.ts";
import { mailer } from "./mail.ts";
import { relay } from "./relay.ts";

const TIMEOUT_MS = 10_000;

export interface Environment {
  get(name: string): string | undefined;
}

/**
 * SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY and the publishable key (SUPABASE_PUBLISHABLE_KEYS or
 * SUPABASE_ANON_KEY, shown to whom is invited) are given by the platform. Optional: SMTP_URL,
 * BDH_MAIL_DIR (files instead of mail), BDH_PUBLIC_URL (how people reach this backend),
 * BDH_DASHBOARD_URL (answer links lead there), BDH_ALLOW_PRIVATE_WEBHOOKS=1, BDH_CONTACT.
 */
export function services(env: Environment): Services {
  const url = env.get("SUPABASE_URL") ?? "";
  const secretKey = env.get("SUPABASE_SERVICE_ROLE_KEY") ?? "";
  const db = backend(url, secretKey);
  const outside: Outside = {
    network: {
      resolve: resolveName,
      allowPrivate: env.get("BDH_ALLOW_PRIVATE_WEBHOOKS") === "1",
      timeoutMs: TIMEOUT_MS,
    },
    mailer: mailer({ smtpUrl: env.get("SMTP_URL"), folder: env.get("BDH_MAIL_DIR") }),
    answerUrl: answerUrl(env, url),
    contact: env.get("BDH_CONTACT") || "mailto:bdh@localhost",
    place: place(env, url),
  };
  return {
    backend: db,
    secretKey,
    relay: () => relay({ backend: db, deliver: (...args) => deliver(outside, ...args) }),
  };
}

/** What an invited human types and opens. The embedded stack serves the dashboard itself. */
export function place(env: Environment, url: string): Place {
  const publicUrl = env.get("BDH_PUBLIC_URL") || "";
  return {
    url: (publicUrl || url).replace(/\/+$/, ""),
    key: publishableKey(env),
    dashboard: (env.get("BDH_DASHBOARD_URL") || publicUrl).replace(/\/+$/, "") || null,
  };
}

/** Newer projects give their keys as an object by name, older ones one key; both are public. */
function publishableKey(env: Environment): string {
  const keys = env.get("SUPABASE_PUBLISHABLE_KEYS");
  const named = keys ? Object.values(JSON.parse(keys) as Record<string, string>) : [];
  return named[0] ?? env.get("SUPABASE_ANON_KEY") ?? "";
}

/** Hosted functions may not serve HTML on the platform's own domain: there the dashboard shows. */
export function answerUrl(env: Environment, url: string): (token: string) => string {
  const dashboard = env.get("BDH_DASHBOARD_URL")?.replace(/\/+$/, "");
  const base = (env.get("BDH_PUBLIC_URL") || url).replace(/\/+$/, "");
  return (token) =>
    dashboard
      ? `${dashboard}/#/answer/${token}`
      : `${base}/functions/v1/outbox-relay/answer/${token}`;
}
