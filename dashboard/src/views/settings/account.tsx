import { useState } from "preact/hooks";
import { me } from "../../data/store";
import { email, signOut } from "../../lib/session";
import { keepSignedIn, keepsSignedIn } from "../../lib/storage";
import { theme, type Theme } from "../../lib/theme";
import { allowNotifications, permission } from "../escalations/notify";

export function Account() {
  const [keep, setKeep] = useState(keepsSignedIn());
  return (
    <section>
      <dl class="facts">
        <div><dt>Name</dt><dd>{me.value?.actor?.name}</dd></div>
        <div><dt>E-mail</dt><dd>{email.value}</dd></div>
      </dl>
      <div class="settings-list">
        <label class="setting">
          <span><b>Theme</b></span>
          <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
            {(["system", "dark", "light"] as const).map((one) => <option key={one} value={one} selected={one === theme.value}>{one}</option>)}
          </select>
        </label>
        <label class="setting">
          <span><b>Keep me signed in</b> <span class="muted">on this device, after the tab is closed</span></span>
          <input type="checkbox" checked={keep} onChange={(event) => (keepSignedIn(event.currentTarget.checked), setKeep(event.currentTarget.checked))} />
        </label>
        <div class="setting">
          <span><b>Notifications in this browser</b> <span class="muted">when an agent asks the humans, while this page is open; <a href="#/settings/notifications">other ways</a></span></span>
          {permission.value === "default" ? <button class="button" onClick={() => void allowNotifications()}>Allow</button> : <span class="muted">{permission.value}</span>}
        </div>
      </div>
      <p class="actions"><button class="button" onClick={() => void signOut()}>Sign out</button></p>
    </section>
  );
}
