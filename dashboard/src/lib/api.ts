import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Config } from "./config";
import { asRefusal } from "./refusal";
import { tokenStorage } from "./storage";

let client: SupabaseClient | undefined;
let address: Config = { url: "", key: "" };
let project: string | null = null;
/** Rows that PostgREST returns at most; longer tables are read by the page. */
const PAGE = 1000;

export const backendUrl = (): string => address.url;
export const publishableKey = (): string => address.key;

export function connect(config: Config): SupabaseClient {
  address = config;
  client = createClient(config.url, config.key, {
    auth: { storage: tokenStorage, storageKey: "bdh.auth", detectSessionInUrl: false },
    global: { fetch: ask },
  });
  return client;
}

/**
 * Whether a session has ended is a question for one clock. Where this machine's is wrong, the
 * server's `expires_at` would mean to renew it before every call, or never; without it the client
 * counts from now. What is refused as expired all the same is asked once more with a new token.
 */
async function ask(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const answer = await fetch(input, init);
  const path = new URL(input instanceof Request ? input.url : input).pathname;
  if (answer.ok && /\/auth\/v1\/(token|verify)$/.test(path)) {
    const session = (await answer.json()) as Args;
    delete session["expires_at"];
    return Response.json(session, { status: answer.status });
  }
  if (answer.status !== 401 || !path.includes("/rest/v1/")) return answer;
  const { data, error } = await backend().auth.refreshSession();
  // Refused, and not only out of reach: the session has ended, whatever its token says of itself.
  if (error && error.name !== "AuthRetryableFetchError") await backend().auth.signOut({ scope: "local" });
  if (!data.session) return answer;
  const headers = new Headers(init?.headers);
  headers.set("Authorization", `Bearer ${data.session.access_token}`);
  return fetch(input, { ...init, headers });
}

export function backend(): SupabaseClient {
  if (!client) throw new Error("the backend is not configured yet");
  return client;
}

/** Every call after this concerns this project. */
export function useProject(id: string | null): void {
  project = id;
}

export type Args = Record<string, unknown>;

/** Call a function of the API; argument names without their `p_`. Rejects with a `Refusal`. */
export async function rpc<T>(fn: string, args: Args = {}, inProject = true): Promise<T> {
  const named: Args = inProject ? { p_project_id: project } : {};
  for (const [name, value] of Object.entries(args)) if (value !== undefined) named[`p_${name}`] = value;
  const { data, error } = await backend().rpc(fn, named);
  if (error) throw asRefusal(error);
  return data as T;
}

// The builder's own type depends on a generated schema that this project does not have.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Query = any;

/** One page of a table's rows in this project, narrowed by `narrow`. */
export async function read<T>(table: string, select: string, narrow: (query: Query) => Query): Promise<T[]> {
  let query: Query = backend().from(table).select(select);
  if (project) query = query.eq("project_id", project);
  const { data, error } = await narrow(query);
  if (error) throw asRefusal(error);
  return data as T[];
}

/** All rows, page after page; `onPage` sees each as it comes. */
export async function readAll<T>(
  table: string,
  select: string,
  order: string,
  narrow: (query: Query) => Query = (query) => query,
  onPage?: (rows: T[]) => void,
): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const rows = await read<T>(table, select, (query) =>
      narrow(query).order(order).range(all.length, all.length + PAGE - 1),
    );
    all.push(...rows);
    onPage?.(rows);
    if (rows.length < PAGE) return all;
  }
}
