/** Whether repositories are public, asked of their forges without a token: what a stranger sees. */

import type { Backend } from "../_shared/backend.ts";
import type { OutsideRequest, OutsideResponse } from "../_shared/outside.ts";

export interface Repo {
  id: string;
  origin: string;
}

export type Visibility = "public" | "private" | "unknown";

export interface Deps {
  backend: Backend;
  send(request: OutsideRequest): Promise<OutsideResponse>;
  /** Where a forge's API is, by host; others are unknown. */
  forges: Record<string, string>;
}

const PARTS = /^([a-z0-9.-]+)\/([\w.-]+(?:\/[\w.-]+)*)\/([\w.-]+)$/i;

/** The forges that can be asked. */
export const FORGES: Record<string, string> = {
  "github.com": "https://api.github.com/repos/{path}",
  "gitlab.com": "https://gitlab.com/api/v4/projects/{encoded}",
  "codeberg.org": "https://codeberg.org/api/v1/repos/{path}",
  "bitbucket.org": "https://api.bitbucket.org/2.0/repositories/{path}",
};

/** The address that tells about a repository, null when its forge is not known. */
export function apiUrl(origin: string, forges: Record<string, string>): string | null {
  const [, host, owner, name] = PARTS.exec(origin) ?? [];
  const template = host === undefined ? undefined : forges[host];
  if (template === undefined || /(^|\/)\.{1,2}(\/|$)/.test(origin)) return null;
  const path = `${owner}/${name}`;
  return template.replace("{path}", path).replace("{encoded}", encodeURIComponent(path));
}

/** What the forge tells a stranger: 404 is private, or gone, which is as bad. */
export async function visibility(repo: Repo, deps: Deps): Promise<Visibility> {
  const url = apiUrl(repo.origin, deps.forges);
  if (url === null) return "unknown";
  try {
    const headers = { "Accept": "application/json" };
    const { status, body } = await deps.send({ method: "GET", url, headers });
    if (status === 404 || status === 401 || status === 403 && !isLimited(body)) return "private";
    if (status !== 200) return "unknown";
    return isPublic(JSON.parse(new TextDecoder().decode(body))) ? "public" : "private";
  } catch {
    return "unknown";
  }
}

const isLimited = (body: Uint8Array) => new TextDecoder().decode(body).includes("rate limit");

/** GitHub, Codeberg and Bitbucket say `private`, GitLab `visibility`; a stranger is told it at all. */
function isPublic(
  told: { private?: unknown; is_private?: unknown; visibility?: unknown },
): boolean {
  if (told.private === true || told.is_private === true) return false;
  return told.visibility === undefined || told.visibility === "public";
}

/** Check what is due; an unknown answer leaves what was known and is asked again. */
export async function verifyDue(deps: Deps): Promise<Record<Visibility, number>> {
  const tally = { public: 0, private: 0, unknown: 0 };
  const due = await deps.backend.call<{ repos: Repo[] }>("repos_to_verify", { p_limit: 20 });
  for (const repo of due.repos) {
    const found = await visibility(repo, deps);
    await deps.backend.call("set_repo_visibility", { p_repo_id: repo.id, p_visibility: found });
    tally[found]++;
  }
  return tally;
}
