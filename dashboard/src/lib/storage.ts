/**
 * Where tokens live: `sessionStorage`, so that closing the tab forgets them; `localStorage` only
 * for who asked to be kept signed in.
 */
const KEEP = "bdh.keep";

export function keepsSignedIn(): boolean {
  return localStorage.getItem(KEEP) === "yes";
}

export function keepSignedIn(keep: boolean): void {
  const [from, to] = keep ? [sessionStorage, localStorage] : [localStorage, sessionStorage];
  for (const name of Object.keys(from).filter((key) => key.startsWith("bdh.auth"))) {
    to.setItem(name, from.getItem(name) ?? "");
    from.removeItem(name);
  }
  if (keep) localStorage.setItem(KEEP, "yes");
  else localStorage.removeItem(KEEP);
}

export const tokenStorage = {
  getItem: (key: string): string | null => sessionStorage.getItem(key) ?? localStorage.getItem(key),
  setItem: (key: string, value: string): void => (keepsSignedIn() ? localStorage : sessionStorage).setItem(key, value),
  removeItem: (key: string): void => {
    sessionStorage.removeItem(key);
    localStorage.removeItem(key);
  },
};
