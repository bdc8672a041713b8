import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { Ago, Loading, Problem } from "../../ui/bits";

/** What `plan_usage` answers; a limit of null is no limit. */
interface Usage {
  title: string;
  price_cents: number;
  history_days: number;
  public_repos_only: boolean;
  resets_at: string;
  usage: { what: string; used: number; limit: number | null }[];
}
const NAMES: Record<string, string> = { projects: "Projects", repos: "Repositories", workspaces: "Workspaces", members: "Members", calls: "Calls this month" };

/** What the plan allows and how much of it is used. */
export function Plan() {
  const found = useResource("plan", () => rpc<Usage>("plan_usage"), ["plan", "workspaces"]);
  const plan = found.data;
  if (!plan) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  return (
    <section>
      <h2>{plan.title}</h2>
      <p class="muted">
        {plan.price_cents ? `$${plan.price_cents / 100} a month` : "Free of charge"} · history of {plan.history_days} days
        {plan.public_repos_only && " · public repositories only"} · calls are counted anew <Ago at={plan.resets_at} />
      </p>
      <div class="usage">
        {plan.usage.map(({ what, used, limit }) => (
          <div key={what}>
            <span>{NAMES[what] ?? what}</span>
            <b class={limit !== null && used >= limit ? "tone-bad" : ""}>
              {used.toLocaleString()}
              {limit === null ? "" : ` of ${limit.toLocaleString()}`}
            </b>
            {limit === null ? <span class="muted">unlimited</span> : <progress max={limit} value={used} aria-label={NAMES[what] ?? what} />}
          </div>
        ))}
      </div>
    </section>
  );
}
