import { signal } from "@preact/signals";
import { backend, rpc, useProject } from "./api";
import { clearStore, me, onTouch } from "../data/store";
import { readMembers } from "../data/reads";
import { expelled, loading, startFeed, stopFeed } from "../data/feed";
import { asRefusal, Refusal } from "./refusal";
import { readAddress } from "./route";
import { keepSignedIn } from "./storage";
import type { WhoAmI } from "../data/types";

export type Stage = "starting" | "signed-out" | "no-project" | "in";
export const stage = signal<Stage>("starting");
export const email = signal<string | null>(null);
export const signInProblem = signal<Refusal | null>(null);
const PROJECT = "bdh.project";

/** The one-time token of `bdh :dashboard`, taken out of the address bar before anything else runs. */
export function takeToken(): string | null {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (!match?.[1]) return null;
  history.replaceState(null, "", location.pathname + location.search + "#/");
  readAddress();
  return decodeURIComponent(match[1]);
}

export async function startSession(token: string | null): Promise<void> {
  backend().auth.onAuthStateChange((event, session) => {
    email.value = session?.user.email ?? null;
    if (event !== "SIGNED_OUT") return;
    if (stage.peek() === "in") signInProblem.value = new Refusal("You were signed out: this session has ended", "session_ended");
    leave();
  });
  expelled.subscribe((times) => void (times && enter(null)));
  if (token) await signInByToken(token);
  const { data } = await backend().auth.getSession();
  if (!data.session) stage.value = "signed-out";
  else await enter();
}

async function signInByToken(token: string): Promise<void> {
  const { error } = await backend().auth.verifyOtp({ token_hash: token, type: "magiclink" });
  if (error) signInProblem.value = new Refusal("This sign-in link was used or is older than a minute", "otp_expired", "bdh :dashboard makes another");
}

export async function sendCode(address: string): Promise<void> {
  const { error } = await backend().auth.signInWithOtp({ email: address, options: { shouldCreateUser: true } });
  if (error) throw asRefusal(error);
}

export async function verifyCode(address: string, code: string, keep: boolean): Promise<void> {
  keepSignedIn(keep);
  const { error } = await backend().auth.verifyOtp({ email: address, token: code, type: "email" });
  if (error) throw asRefusal(error);
  signInProblem.value = null;
  await enter();
}

/** Find out who and where we are; of several projects the one used last. */
export async function enter(projectId: string | null = sessionStorage.getItem(PROJECT)): Promise<void> {
  useProject(null);
  loading.value = true;
  let who: WhoAmI;
  try {
    who = await rpc<WhoAmI>("whoami");
    const wanted = who.projects.find((one) => one.id === projectId) ?? who.projects[0];
    if (wanted && who.project?.id !== wanted.id) {
      who = { ...(await rpc<WhoAmI>("whoami", { project_id: wanted.id }, false)), projects: who.projects };
    }
  } catch (error) {
    signInProblem.value = asRefusal(error);
    stage.value = "signed-out";
    return;
  }
  clearStore();
  me.value = who;
  if (!who.project) {
    stage.value = "no-project";
    return;
  }
  sessionStorage.setItem(PROJECT, who.project.id);
  useProject(who.project.id);
  stage.value = "in";
  await startFeed(who.project.id, who.member?.id ?? null);
}

/** Re-read who we are, after a change of the project, its settings or our role. */
export async function refreshMe(): Promise<void> {
  const id = me.peek()?.project?.id;
  if (!id) return;
  const projects = me.peek()?.projects ?? [];
  const who = await rpc<WhoAmI>("whoami", { project_id: id }, false);
  me.value = { ...who, projects: who.projects.length ? who.projects : projects };
}

onTouch("members", () => void readMembers().catch(() => undefined));
onTouch("project", () => void refreshMe().catch(() => undefined));

export async function signOut(): Promise<void> {
  stage.value = "signed-out";
  signInProblem.value = null;
  await backend().auth.signOut({ scope: "local" });
  leave();
}

function leave(): void {
  stopFeed();
  clearStore();
  me.value = null;
  useProject(null);
  stage.value = "signed-out";
}
