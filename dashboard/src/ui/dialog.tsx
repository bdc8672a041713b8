import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A modal dialog: the browser keeps the focus in it, Escape closes it, focus goes back after. */
export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      // Where it came from may be gone by its own doing; the keyboard goes on in the view then.
      const to = before instanceof HTMLElement && before.isConnected ? before : document.querySelector("main");
      if (to instanceof HTMLElement) to.focus();
    };
  }, []);
  return (
    <dialog ref={box} class={wide ? "wide" : ""} aria-label={title} onClose={onClose} onClick={(event) => event.target === box.current && onClose()}>
      <div class="dialog-body">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  label: string;
  confirm: string;
  text?: string;
  required?: boolean;
  danger?: boolean;
  resolve: (answer: string | null) => void;
}
const question = signal<Question | null>(null);

/** Ask for a line of text (a reason, a note); null when the human thinks better of it. */
export function ask(asked: Omit<Question, "resolve">): Promise<string | null> {
  return new Promise((resolve) => (question.value = { ...asked, resolve }));
}

export function Asker() {
  const asked = question.value;
  if (!asked) return null;
  const answer = (text: string | null): void => {
    question.value = null;
    asked.resolve(text);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    answer(String(new FormData(event.target as HTMLFormElement).get("text") ?? "").trim());
  };
  return (
    <Dialog title={asked.title} onClose={() => answer(null)}>
      <form onSubmit={submit}>
        {asked.text && <p>{asked.text}</p>}
        {asked.label && (
          <label class="field">
            <span>{asked.label}</span>
            <textarea name="text" rows={3} required={asked.required ?? false} autoFocus />
          </label>
        )}
        <div class="actions end">
          <button type="button" class="button" onClick={() => answer(null)}>
            Cancel
          </button>
          <button class={`button ${asked.danger ? "danger" : "primary"}`}>{asked.confirm}</button>
        </div>
      </form>
    </Dialog>
  );
}
