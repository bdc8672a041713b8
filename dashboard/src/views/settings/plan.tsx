import { members, me, repos, workspaces } from "../../data/store";
import { backend } from "../../lib/api";
import { asRefusal } from "../../lib/refusal";
import { useResource } from "../../lib/resource";
import { Loading, Problem } from "../../ui/bits";

interface PlanRow {
  name: string;
  title: string;
  price_cents: number;
  max_repos: number | null;
  max_workspaces: number | null;
  max_members: number | null;
  history_days: number;
  max_calls_per_month: number | null;
}

async function readPlan(name: string): Promise<PlanRow> {
  const { data, error } = await backend().from("plans").select("*").eq("name", name).single();
  if (error) throw asRefusal(error);
  return data as PlanRow;
}

/** What the plan allows and how much of it is used. */
export function Plan() {
  const name = me.value?.project?.plan ?? "";
  const found = useResource(name && `plan ${name}`, () => readPlan(name), ["plan"]);
  const plan = found.data;
  if (!plan) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  const used: [string, number, number | null][] = [
    ["Workspaces", workspaces.rows.value.size, plan.max_workspaces],
    ["Repositories", repos.rows.value.size, plan.max_repos],
    ["Members", members.rows.value.size, plan.max_members],
  ];
  return (
    <section>
      <h2>{plan.title}</h2>
      <p class="muted">
        {plan.price_cents ? `$${plan.price_cents / 100} a month` : "Free of charge"} · history of {plan.history_days} days ·{" "}
        {plan.max_calls_per_month === null ? "any number of calls" : `${plan.max_calls_per_month.toLocaleString()} calls a month`}
      </p>
      <div class="usage">
        {used.map(([title, count, most]) => (
          <div key={title}>
            <span>{title}</span>
            <b>{count}{most === null ? "" : ` of ${most}`}</b>
            {most !== null && <progress max={most} value={count} aria-label={title} />}
            {most === null && <span class="muted">unlimited</span>}
          </div>
        ))}
      </div>
    </section>
  );
}
