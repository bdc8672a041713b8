import { signal } from "@preact/signals";

/** Everything one may link to is a hash: `#/beads/bd-12?status=open`. Nothing of it reaches a server. */
export interface Route {
  view: string;
  id: string | null;
  tab: string | null;
  query: URLSearchParams;
}

function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = null, tab = null] = path.split("/").map(decode);
  return { view: view || "overview", id: id || null, tab: tab || null, query: new URLSearchParams(search) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal(parse(location.hash));
addEventListener("hashchange", readAddress);

/** After the address was changed without telling anybody. */
export function readAddress(): void {
  route.value = parse(location.hash);
}

export type QueryPart = Record<string, string | null | undefined>;

export function href(view: string, id?: string | null, query?: QueryPart): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) search.set(name, value);
  const text = search.toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${text ? `?${text}` : ""}`;
}

export function go(view: string, id?: string | null, query?: QueryPart): void {
  location.hash = href(view, id, query);
}

/** Change some of the query, keeping place and the rest; typing does not fill the history. */
export function setQuery(changes: QueryPart): void {
  const now = route.peek();
  const merged: QueryPart = { ...Object.fromEntries(now.query), ...changes };
  history.replaceState(null, "", href(now.view, now.id, merged));
  readAddress();
}

/** A link to another entity that keeps the filters of the list it stands in. */
export function hrefHere(id: string | null): string {
  return href(route.value.view, id, Object.fromEntries(route.value.query));
}
