import { lazy, Suspense } from "preact/compat";
import { useMemo } from "preact/hooks";
import { beads } from "../../data/store";
import type { Bead } from "../../data/types";
import { rpc } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { href, route } from "../../lib/route";
import { now } from "../../lib/time";
import { Heading, Loading } from "../../ui/bits";
import { Icon } from "../../ui/icons";
import { Split } from "../../ui/split";
import { Board } from "./board";
import { BeadDetail } from "./detail";
import { NewBead } from "./edit";
import { filterOf, fits, sorted, type Sort } from "./filter";
import { BeadList } from "./list";
import { Toolbar } from "./toolbar";

const Graph = lazy(() => import("./graph").then((module) => module.Graph));

/** Words of descriptions are known to the database only: it is asked a moment after the last key. */
function useTextHits(query: string): ReadonlySet<string> {
  const wanted = query.trim().length > 2 ? query.trim() : null;
  const found = useResource(wanted && `text ${wanted}`, async () => {
    await new Promise((done) => setTimeout(done, 250));
    return rpc<{ beads: { id: string }[] }>("list_beads", { query: wanted, include_closed: true, limit: 200 });
  });
  return useMemo(() => new Set(found.data?.beads.map((bead) => bead.id)), [found.data]);
}

function useShown(): Bead[] {
  const { query } = route.value;
  const hits = useTextHits(query.get("q") ?? "");
  const sort = (query.get("sort") ?? "priority") as Sort;
  return useMemo(() => {
    const filter = filterOf(query);
    const wordless = { ...filter, words: [] };
    const rows = [...beads.rows.value.values()].filter(
      (bead) => fits(bead, filter, now.peek()) || (hits.has(bead.id) && fits(bead, wordless, now.peek())),
    );
    return sorted(rows, sort);
  }, [beads.rows.value, query, hits, sort]);
}

/** All work, as list, board or graph; what is open of it beside. */
export function Beads() {
  const { id, query } = route.value;
  const shape = query.get("as") ?? "list";
  const shown = useShown();
  const detail = id === "new" ? <NewBead /> : id ? <BeadDetail key={id} id={id} /> : null;
  return (
    <div class="view full">
      <Heading title="Beads">
        <span class="muted count-line">{shown.length === beads.rows.value.size ? `${shown.length}` : `${shown.length} of ${beads.rows.value.size}`}</span>
        {!beads.loaded.value && <Loading />}
        <span class="grow" />
        <a class="button primary" href={href("beads", "new", Object.fromEntries(query))}>
          <Icon name="plus" /> New bead
        </a>
      </Heading>
      <Toolbar />
      <Split
        label={id ?? "Bead"}
        list={shape === "board" ? <Board beads={shown} /> : shape === "graph" ? <Suspense fallback={<Loading />}><Graph shown={shown} /></Suspense> : <BeadList beads={shown} />}
        detail={detail}
      />
    </div>
  );
}
