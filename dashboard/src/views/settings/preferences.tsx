import { useState } from "preact/hooks";
import { touch } from "../../data/store";
import { rpc } from "../../lib/api";
import { attempt } from "../../lib/toast";

/** When a member may be reached, as `notify_settings` answers it. */
export interface Wishes {
  quiet_from: string | null;
  quiet_to: string | null;
  time_zone: string;
  urgent_breaks_quiet: boolean;
  remind_after_minutes: number | string;
  reminders: number | string;
}

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = (current: string): string[] => [...new Set([current, here(), "UTC", ...Intl.supportedValuesOf("timeZone")])];

/** Quiet hours, and how often a question that nobody answers is repeated. */
export function Preferences({ wishes }: { wishes: Wishes }) {
  const [isQuiet, setQuiet] = useState(wishes.quiet_from !== null && wishes.quiet_to !== null);
  const [busy, setBusy] = useState(false);
  const zone = wishes.quiet_from === null ? here() : wishes.time_zone;
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const text = (name: string): string | null => String(fields.get(name) ?? "") || null;
    setBusy(true);
    const changes = {
      quiet_from: isQuiet ? text("quiet_from") : null, quiet_to: isQuiet ? text("quiet_to") : null, time_zone: isQuiet ? text("time_zone") : wishes.time_zone,
      urgent_breaks_quiet: isQuiet ? fields.has("urgent") : wishes.urgent_breaks_quiet,
      remind_after_minutes: Number(text("remind_after_minutes")), reminders: Number(text("reminders")),
    };
    await attempt(() => rpc("notify_settings", { changes }), "Saved");
    setBusy(false);
    touch("channels");
  };
  return (
    <form class="preferences" aria-label="When to be told" onSubmit={(event) => void save(event)}>
      <label class="check"><input type="checkbox" checked={isQuiet} onChange={(event) => setQuiet(event.currentTarget.checked)} /> Quiet hours: what comes in waits until they end</label>
      {isQuiet && (
        <>
          <div class="field-line">
            <label class="field"><span>From</span><input type="time" name="quiet_from" required defaultValue={wishes.quiet_from ?? "22:00"} /></label>
            <label class="field"><span>To</span><input type="time" name="quiet_to" required defaultValue={wishes.quiet_to ?? "07:00"} /></label>
            <label class="field">
              <span>Time zone</span>
              <select name="time_zone">{zones(zone).map((one) => <option key={one} value={one} selected={one === zone}>{one.replaceAll("_", " ")}</option>)}</select>
            </label>
          </div>
          <label class="check"><input type="checkbox" name="urgent" defaultChecked={wishes.urgent_breaks_quiet} /> Questions and urgent mail come through all the same</label>
        </>
      )}
      <div class="field-line">
        <label class="field"><span>Repeat an unanswered question after (minutes)</span><input type="number" name="remind_after_minutes" min={5} max={10080} required defaultValue={String(wishes.remind_after_minutes)} /></label>
        <label class="field"><span>At most so many times</span><input type="number" name="reminders" min={0} max={20} required defaultValue={String(wishes.reminders)} /></label>
      </div>
      <div class="actions"><button class="button primary" disabled={busy}>Save</button></div>
    </form>
  );
}
