import { signal } from "@preact/signals";
import { attempt } from "../../lib/toast";

/** A token is shown once, where it was made; nothing keeps it. */
const secret = signal<{ text: string; command: string } | null>(null);
export function showSecret(text: string, command: string): void {
  secret.value = { text, command };
}

export function SecretShown() {
  const shown = secret.value;
  if (!shown) return null;
  return (
    <div class="secret" role="status">
      <p>{shown.text}</p>
      <Copyable text={shown.command} />
      <p class="muted">It is shown this once. <button class="button quiet" onClick={() => (secret.value = null)}>Done</button></p>
    </div>
  );
}

export function Copyable({ text }: { text: string }) {
  return (
    <div class="copyable">
      <pre class="code" tabIndex={0} role="group" aria-label="Text to copy">{text}</pre>
      <button class="button" onClick={() => void attempt(() => navigator.clipboard.writeText(text), "Copied")}>Copy</button>
    </div>
  );
}
