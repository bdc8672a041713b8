import { useRef } from "preact/hooks";
import { comment } from "../../data/actions";
import { Ago } from "../../ui/bits";
import { Markdown } from "../../ui/markdown";
import type { Comment } from "./detail-types";

export function Comments({ id, comments }: { id: string; comments: Comment[] }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = box.current?.value.trim();
    if (body && (await comment(id, body)) && box.current) box.current.value = "";
  };
  return (
    <section class="text-part">
      <h3>Comments {comments.length > 0 && <span class="muted">{comments.length}</span>}</h3>
      {comments.map((one) => (
        <div class="comment" key={one.id}>
          <p class="comment-head">
            <b>{one.author}</b> <span class="muted"><Ago at={one.created_at} /></span>
          </p>
          <Markdown text={one.body ?? one.text ?? ""} />
        </div>
      ))}
      <form class="compose-line" onSubmit={(event) => void send(event)}>
        <textarea ref={box} rows={2} placeholder="Comment" aria-label="Comment" required onKeyDown={(event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && event.currentTarget.form?.requestSubmit()} />
        <button class="button">Send</button>
      </form>
    </section>
  );
}
