import { useResource } from "../../lib/resource";
import { href, hrefHere, route, setQuery } from "../../lib/route";
import { ActorName, Ago, Empty, Heading, Loading, Problem, Tag } from "../../ui/bits";
import { Icon } from "../../ui/icons";
import { Rows } from "../../ui/rows";
import { Split } from "../../ui/split";
import { ComposeMail } from "./compose";
import { readThreads, type Thread } from "./data";
import { ThreadView } from "./thread";

const BOXES: [string, string][] = [["", "Inbox"], ["sent", "Sent"], ["all", "Everyone's"]];

/** Mail as threads: one's own, and, since humans may, everybody's. */
export function MailView() {
  const { id, query } = route.value;
  const box = query.get("box") ?? "";
  const words = (query.get("q") ?? "").trim();
  const found = useResource(`mail ${box} ${words}`, () => readThreads(box || "inbox", words), ["mail"]);
  const list = !found.data ? (
    found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />
  ) : found.data.length ? (
    <Rows items={found.data} keyOf={(one) => one.id} label="Threads" render={(one) => <ThreadRow thread={one} />} />
  ) : (
    <Empty title={words ? "No mail has these words" : box === "sent" ? "You have sent nothing" : "No mail"} />
  );
  return (
    <div class="view full">
      <Heading title="Mail">
        <div class="segments" role="group" aria-label="Box">
          {BOXES.map(([value, text]) => (
            <button key={value} aria-pressed={box === value} onClick={() => setQuery({ box: value })}>{text}</button>
          ))}
        </div>
        <input type="search" placeholder="Search mail" aria-label="Search mail" value={query.get("q") ?? ""} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
        <span class="grow" />
        <a class="button primary" href={href("mail", "new")}><Icon name="plus" /> Write</a>
      </Heading>
      <Split label="Mail" list={list} detail={id === "new" ? <ComposeMail /> : id ? <ThreadView key={id} id={id} /> : null} />
    </div>
  );
}

function ThreadRow({ thread }: { thread: Thread }) {
  const { newest } = thread;
  return (
    <div class={`row talk-row ${route.value.id === thread.id ? "is-open" : ""}`}>
      <a class="row-main two-lines" href={hrefHere(thread.id)} data-row aria-current={route.value.id === thread.id ? "true" : undefined}>
        <span class={thread.isUnread ? "strong unread" : ""}>{newest.subject || "(no subject)"}</span>
        <span class="muted clip">{newest.match ?? newest.body}</span>
      </a>
      <span class="row-holder"><ActorName actor={newest.sender} /></span>
      <span class="row-state">
        {newest.priority !== "normal" && <Tag tone={newest.priority === "urgent" ? "bad" : newest.priority === "high" ? "warn" : ""}>{newest.priority}</Tag>}
        {thread.count > 1 && <span class="muted">{thread.count}</span>}
      </span>
      <span class="row-time muted"><Ago at={newest.created_at} /></span>
    </div>
  );
}
