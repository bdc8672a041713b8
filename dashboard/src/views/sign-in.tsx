import { useState } from "preact/hooks";
import { sendCode, signInProblem, verifyCode } from "../lib/session";
import { attempt } from "../lib/toast";
import { keepsSignedIn } from "../lib/storage";
import { Toasts } from "../ui/toasts";

const value = (event: SubmitEvent, name: string): string =>
  String(new FormData(event.target as HTMLFormElement).get(name) ?? "").trim();

/** Sign in or up by a code sent by e-mail; on this machine's stack `bdh :dashboard` does without. */
export function SignIn() {
  const [address, setAddress] = useState<string | null>(null);
  const problem = signInProblem.value;
  return (
    <main class="sign-in">
      <h1>
        <span class="brand">bdh</span> Sign in
      </h1>
      {problem && (
        <p class="problem-line" role="alert">
          {problem.message}
          {problem.hint && <span class="muted"> {problem.hint}</span>}
        </p>
      )}
      {address === null ? <AskAddress onSent={setAddress} /> : <AskCode address={address} onBack={() => setAddress(null)} />}
      <p class="muted">
        On the machine that runs the embedded stack, <code>bdh :dashboard</code> signs you in without an e-mail.
      </p>
      <Toasts />
    </main>
  );
}

function AskAddress({ onSent }: { onSent: (address: string) => void }) {
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const address = value(event, "email");
    setBusy(true);
    const sent = await attempt(async () => (await sendCode(address), true));
    setBusy(false);
    if (sent) onSent(address);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>E-mail address</span>
        <input name="email" type="email" required autoComplete="email" autoFocus />
      </label>
      <button class="button primary" disabled={busy}>
        Send a code
      </button>
    </form>
  );
}

function AskCode({ address, onBack }: { address: string; onBack: () => void }) {
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const keep = new FormData(event.target as HTMLFormElement).has("keep");
    setBusy(true);
    await attempt(() => verifyCode(address, value(event, "code").replace(/\s/g, ""), keep));
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p>
        A six-digit code is on its way to <b>{address}</b>.
      </p>
      <label class="field">
        <span>Code</span>
        <input name="code" class="code-input mono" inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]{6,8}" required autoFocus />
      </label>
      <label class="check">
        <input type="checkbox" name="keep" defaultChecked={keepsSignedIn()} /> Keep me signed in on this device
      </label>
      <div class="actions">
        <button class="button primary" disabled={busy}>
          Sign in
        </button>
        <button type="button" class="button quiet" onClick={onBack}>
          Another address
        </button>
      </div>
    </form>
  );
}
