import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { loadError, loading } from "../data/feed";
import { pending, waitsForMe } from "../data/derive";
import { me, workspaces } from "../data/store";
import { route } from "../lib/route";
import { enter, stage } from "../lib/session";
import { Empty, Loading, Problem } from "../ui/bits";
import { Shell } from "../ui/shell";
import { Toasts } from "../ui/toasts";
import { AgentView } from "./agent";
import { Beads } from "./beads/beads";
import { Chat } from "./chat/chat";
import { Claims } from "./claims";
import { Escalations } from "./escalations/escalations";
import { notifyOfEscalations } from "./escalations/notify";
import { Files } from "./files/files";
import { MailView } from "./mail/mail";
import { Overview } from "./overview/overview";
import { Policies } from "./policies/policies";
import { Settings } from "./settings/settings";
import { SignIn } from "./sign-in";
import { Start } from "./start";

const VIEWS: Record<string, ComponentType> = {
  overview: Overview,
  agents: AgentView,
  beads: Beads,
  claims: Claims,
  files: Files,
  mail: MailView,
  chat: Chat,
  escalations: Escalations,
  policies: Policies,
  settings: Settings,
};

export function App() {
  const waiting = pending.value.length + waitsForMe.value.length;
  const project = me.value?.project?.name;
  useEffect(() => {
    document.title = `${waiting ? `(${waiting}) ` : ""}${project ? `${project} · ` : ""}bdh`;
  }, [waiting, project]);
  useEffect(notifyOfEscalations, []);
  if (stage.value === "starting") return <Splash />;
  if (stage.value === "signed-out") return <SignIn />;
  return (
    <Shell>
      <View />
    </Shell>
  );
}

function View() {
  const { view } = route.value;
  if (stage.value === "no-project" || view === "start") return <Start />;
  if (loading.value) return <Loading label="Reading the project" />;
  if (loadError.value && !workspaces.loaded.value) return <Problem error={loadError.value} retry={() => void enter()} />;
  const Chosen = VIEWS[view];
  if (!Chosen) return <Empty title="There is no such place">Choose a view on the left, or press Ctrl K.</Empty>;
  return <Chosen />;
}

const Splash = () => (
  <div class="splash">
    <Loading label="Signing in" />
  </div>
);

/** When not even the configuration could be read. */
export function Broken({ error }: { error: unknown }) {
  return (
    <div class="splash">
      <Problem error={error} retry={() => location.reload()} />
      <Toasts />
    </div>
  );
}
