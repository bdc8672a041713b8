import { backendUrl, publishableKey } from "../lib/api";

const isLocal = (): boolean => /^(localhost|127\.|\[::1\])/.test(new URL(backendUrl()).hostname);

/** What a human pastes to an agent on a machine that has joined already, or that runs the stack. */
export function startText(): string {
  return [
    "Use bdh to coordinate with the other agents in this repository.",
    "",
    "  pip install bdh        # once on this machine",
    "  bdh :init              # once in this directory",
    "",
    "Then work like this: `bdh ready` shows work that nothing blocks, `bdh claim ID` takes it,",
    "`bdh close ID` finishes it. `bdh :status` shows who does what. Read what bdh prints on",
    "standard error after each command: it says who waits for you. `bdh :guide` has the rest.",
  ].join("\n");
}

/** The same for a directory elsewhere, by invitation. */
export function joinText(token: string): string {
  const address = isLocal() ? "" : ` --url ${backendUrl()} --key ${publishableKey()}`;
  return ["pip install bdh", `bdh :join ${token}${address}`].join("\n");
}
