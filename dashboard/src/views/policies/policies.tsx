import { useState } from "preact/hooks";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { go, href, route } from "../../lib/route";
import { attempt } from "../../lib/toast";
import { ActorName, Ago, Heading, Loading, Problem, Tag } from "../../ui/bits";
import { ask } from "../../ui/dialog";
import { Markdown } from "../../ui/markdown";
import { asText, type Bundle, type Policy, type Version } from "./bundle";
import { diff } from "./diff";
import { EditPolicy } from "./edit";

const readPolicy = (version: number | null): Promise<Policy> => rpc<Policy>("get_policy", { version });

/** The guidance agents work by: the version in force, its history, and drafts of the next. */
export function Policies() {
  const { id } = route.value;
  const wanted = id && /^\d+$/.test(id) ? Number(id) : null;
  const [editing, setEditing] = useState(false);
  const active = useResource("policy", () => readPolicy(null), ["policy"]);
  const chosen = useResource(wanted === null ? null : `policy ${wanted}`, () => readPolicy(wanted), ["policy"]);
  const versions = useResource("policies", () => rpc<{ policies: Version[] }>("list_policies"), ["policy"]);
  const shown = wanted === null ? active : chosen;
  if (!shown.data || !active.data) return shown.error ? <Problem error={shown.error} retry={shown.reload} /> : <Loading />;
  const policy = shown.data;
  return (
    <div class="view page">
      <Heading title={editing ? "Edit policy" : `Policy v${policy.version}`}>
        {policy.active ? <Tag tone="ok">in force</Tag> : <Tag tone="warn">not in force</Tag>}
        <span class="grow" />
        {!editing && <PolicyActions policy={policy} onEdit={() => setEditing(true)} />}
      </Heading>
      {editing ? (
        <EditPolicy base={policy} active={active.data} onDone={() => setEditing(false)} />
      ) : (
        <div class="policy-columns">
          <div>
            {!policy.active && <Diff title={`Against v${active.data.version}, in force`} before={active.data.bundle} after={policy.bundle} />}
            <PolicyText bundle={policy.bundle} />
          </div>
          <History versions={versions.data?.policies ?? []} shown={policy.version} active={active.data.version} />
        </div>
      )}
    </div>
  );
}

async function activate(version: number): Promise<void> {
  const sure = await ask({ title: `Put v${version} in force`, text: "Every agent works by it from its next command on.", label: "", confirm: "Put in force" });
  if (sure === null) return;
  await attempt(() => rpc("activate_policy", { version }), `v${version} is in force`);
  touch("policy");
}

async function reset(): Promise<void> {
  const sure = await ask({ title: "Reset the policy", text: "bdh's own default becomes the next version and is put in force.", label: "", confirm: "Reset", danger: true });
  if (sure === null) return;
  await attempt(() => rpc("reset_policy"), "The default is in force");
  touch("policy");
  go("policies");
}

function PolicyActions({ policy, onEdit }: { policy: Policy; onEdit: () => void }) {
  return (
    <>
      {!policy.active && policy.version > 0 && <button class="button primary" onClick={() => void activate(policy.version)}>Put in force</button>}
      <button class="button" onClick={onEdit}>Edit</button>
      <button class="button quiet" onClick={() => void reset()}>Reset to default</button>
    </>
  );
}

export function Diff({ title, before, after }: { title: string; before: Bundle; after: Bundle }) {
  const lines = diff(asText(before), asText(after));
  if (lines.every((line) => line.kind === "same")) return <p class="muted">No difference {title.toLowerCase()}.</p>;
  // Unchanged stretches are left out but for two lines around what changed.
  const near = lines.map((_, n) => lines.slice(Math.max(0, n - 2), n + 3).some((line) => line.kind !== "same"));
  return (
    <section class="text-part">
      <h2>{title}</h2>
      <pre class="diff" tabIndex={0} role="group" aria-label={title}>
        {lines.map((line, n) =>
          near[n] ? (
            <span key={n} class={`diff-${line.kind}`}>{`${line.kind === "added" ? "+" : line.kind === "removed" ? "-" : " "} ${line.text}\n`}</span>
          ) : near[n - 1] ? <span key={n} class="muted">{"  …\n"}</span> : null,
        )}
      </pre>
    </section>
  );
}

function PolicyText({ bundle }: { bundle: Bundle }) {
  const rules = Object.entries(bundle.rules).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length));
  return (
    <>
      <section class="text-part">
        <h2>Invariants</h2>
        <ol class="invariants">{bundle.invariants.map((one, n) => <li key={n}>{one}</li>)}</ol>
      </section>
      <section class="text-part">
        <h2>Roles</h2>
        {Object.entries(bundle.roles).map(([name, role]) => (
          <details key={name} class="role">
            <summary><b>{name}</b> <span class="muted">{role.summary}</span></summary>
            <Markdown text={role.playbook} />
          </details>
        ))}
      </section>
      <section class="text-part">
        <h2>Rules the guard enforces</h2>
        {rules.length ? <pre class="code">{JSON.stringify(bundle.rules, null, 2)}</pre> : <p class="muted">None</p>}
      </section>
    </>
  );
}

function History({ versions, shown, active }: { versions: Version[]; shown: number; active: number }) {
  return (
    <aside class="policy-history">
      <h2>History</h2>
      <ul class="refs">
        {versions.map((one) => (
          <li key={one.version}>
            <a href={href("policies", String(one.version))} aria-current={one.version === shown ? "true" : undefined}>v{one.version}</a>
            {one.version === active && <Tag tone="ok">in force</Tag>}
            <span class="muted"> <ActorName actor={one.created_by} /> <Ago at={one.created_at} /></span>
            {one.note && <span class="note">{one.note}</span>}
          </li>
        ))}
        <li><a href={href("policies", "0")} aria-current={shown === 0 ? "true" : undefined}>v0</a>{active === 0 && <Tag tone="ok">in force</Tag>} <span class="muted">bdh's default</span></li>
      </ul>
    </aside>
  );
}
