import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { team } from "../data/derive";
import { me, members } from "../data/store";
import { Icon } from "./icons";

/** Whom to write to: agents, humans and, for mail, roles and everybody. */
export function Recipients({ to, groups }: { to: Signal<string[]>; groups: boolean }) {
  const box = useRef<HTMLInputElement>(null);
  const roles = groups ? [...new Set(team.value.map((one) => `@${one.role}`))] : [];
  const people = members.list().filter((one) => one.id !== me.value?.actor?.id).map((one) => one.name);
  const names = [...team.value.map((one) => one.alias), ...people, ...(groups ? ["@all", "@humans"] : []), ...roles];
  const add = (): void => {
    const name = box.current?.value.trim();
    if (name && !to.value.includes(name)) to.value = [...to.value, name];
    if (box.current) box.current.value = "";
  };
  const onInput = (): void => {
    // Chosen from the list, not still being typed.
    if (names.includes(box.current?.value ?? "") && !names.some((name) => name !== box.current?.value && name.startsWith(box.current?.value ?? ""))) add();
  };
  return (
    <div class="field">
      <label for="recipients">To</label>
      <div class="recipients">
        {to.value.map((name) => (
          <span class="tag" key={name}>
            {name}
            <button type="button" class="button quiet" aria-label={`Remove ${name}`} onClick={() => (to.value = to.value.filter((one) => one !== name))}>
              <Icon name="close" />
            </button>
          </span>
        ))}
        <input
          id="recipients" ref={box} list="recipient-names" placeholder={groups ? "agent, name, @role, @all, @humans" : "agent or name"} onInput={onInput} onBlur={add}
          onKeyDown={(event) => {
            if (event.key !== "Enter" && event.key !== ",") return;
            event.preventDefault();
            add();
          }}
        />
        <datalist id="recipient-names">{names.map((name) => <option key={name} value={name} />)}</datalist>
      </div>
    </div>
  );
}
