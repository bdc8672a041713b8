import { me, workspaces } from "../data/store";
import { rpc } from "../lib/api";
import { enter, stage } from "../lib/session";
import { attempt } from "../lib/toast";
import type { Project } from "../data/types";
import { Heading } from "../ui/bits";
import { Copyable, SecretShown, showSecret } from "./settings/secret";
import { joinText, startText } from "./start-text";

const value = (event: SubmitEvent, name: string): string => String(new FormData(event.target as HTMLFormElement).get(name) ?? "").trim();

/** From nothing to an agent at work: a project, then the text to paste. */
export function Start() {
  const hasProject = stage.value === "in" && me.value?.project;
  return (
    <div class="view page start">
      <Heading title="Getting started" />
      <ol class="steps">
        <li class={hasProject ? "done" : ""}>
          <h2>{hasProject ? `Project ${me.value?.project?.name}` : "A project"}</h2>
          {hasProject ? <p class="muted">You are its {me.value?.project?.role}.</p> : <NewProject />}
        </li>
        {hasProject && (
          <li class={workspaces.rows.value.size ? "done" : ""}>
            <h2>An agent</h2>
            <p>Paste this to an agent in a repository on the machine that runs the stack:</p>
            <Copyable text={startText()} />
            <p>On any other machine it joins by invitation:</p>
            <SecretShown />
            <button class="button" onClick={() => void invite()}>Make an invitation</button>
          </li>
        )}
        {hasProject && (
          <li>
            <h2>Work</h2>
            <p>
              Bring beads along with <code>bdh import</code>, or <a href="#/beads/new">create the first one</a>. Agents take what is ready; you see it on the{" "}
              <a href="#/overview">overview</a> as it happens.
            </p>
          </li>
        )}
      </ol>
    </div>
  );
}

async function invite(): Promise<void> {
  const made = await attempt(() => rpc<{ token: string }>("create_invite", {}));
  if (made) showSecret("Good for one agent, for seven days:", joinText(made.token));
}

function NewProject() {
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const slug = value(event, "slug");
    const made = await attempt(() => rpc<Project>("create_project", { slug, name: value(event, "name") || slug }, false));
    if (made) await enter(made.id);
  };
  const join = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const made = await attempt(() => rpc<{ project: Project }>("accept_invite", { token: value(event, "token"), name: value(event, "who") || undefined }, false));
    if (made) await enter(made.project.id);
  };
  return (
    <div class="two-forms">
      <form onSubmit={(event) => void create(event)}>
        <h3>Create one</h3>
        <label class="field"><span>Slug</span><input name="slug" required pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?" title="a-z, 0-9 and dashes" /></label>
        <label class="field"><span>Name (optional)</span><input name="name" /></label>
        <button class="button primary">Create project</button>
      </form>
      <form onSubmit={(event) => void join(event)}>
        <h3>Join one</h3>
        <label class="field"><span>Invitation</span><input name="token" required autoComplete="off" /></label>
        <label class="field"><span>Your name (optional)</span><input name="who" autoComplete="name" /></label>
        <button class="button">Join</button>
      </form>
    </div>
  );
}
