export interface Bundle {
  invariants: string[];
  roles: Record<string, { summary: string; playbook: string }>;
  rules: Record<string, unknown>;
}
/** What `get_policy` answers. */
export interface Policy {
  version: number;
  active: boolean;
  latest_version: number;
  bundle: Bundle;
}
export interface Version {
  version: number;
  active: boolean;
  note: string | null;
  created_at: string;
  created_by: { kind: "workspace" | "member" | "system"; id: string | null; name: string };
  activated_at: string | null;
  activated_by: { kind: "workspace" | "member" | "system"; id: string | null; name: string } | null;
}

/** A bundle as one text, for reading differences. */
export function asText(bundle: Bundle): string {
  const roles = Object.entries(bundle.roles).sort(([a], [b]) => a.localeCompare(b));
  return [
    "INVARIANTS",
    ...bundle.invariants.map((one) => `- ${one}`),
    ...roles.flatMap(([name, role]) => ["", `ROLE ${name}: ${role.summary}`, role.playbook.trim()]),
    "",
    "RULES",
    JSON.stringify(bundle.rules, null, 2),
  ].join("\n");
}
