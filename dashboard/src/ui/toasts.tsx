import { dismiss, toasts } from "../lib/toast";
import { Icon } from "./icons";

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite" role="status">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.tone}`}>
          <span>
            {toast.text}
            {toast.hint && <span class="toast-hint">{toast.hint}</span>}
          </span>
          <button class="button quiet" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
