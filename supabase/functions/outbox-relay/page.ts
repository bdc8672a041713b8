/** The page behind an answer link. It only shows; nothing happens before the form is sent. */

export interface Question {
  id: string;
  status: string;
  subject: string;
  situation: string;
  options: string[];
  asker: { name: string };
  answer: string | null;
  expires_at: string | null;
  member: string;
}

const STYLE =
  `body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
pre{white-space:pre-wrap;font:inherit;border-left:3px solid #888;padding-left:1rem}
button,textarea{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0}textarea{width:100%}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}`;

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>` +
    `<style>${STYLE}</style><h1>${escaped(title)}</h1>${body}</html>`;
}

export function questionPage(question: Question): string {
  const head = `<p>${escaped(question.asker.name)} asks ${escaped(question.member)}:</p>` +
    `<pre>${escaped(question.situation)}</pre>`;
  if (question.status !== "pending") {
    const answer = question.answer ? `: <b>${escaped(question.answer)}</b>` : ".";
    return page(question.subject, `${head}<p>This question is ${question.status}${answer}</p>`);
  }
  const options = question.options.map((option, index) =>
    `<button name="option" value="${index + 1}">${escaped(option)}</button>`
  );
  const text = `<p><label>Your answer<br><textarea name="answer" rows="4" maxlength="20000">` +
    `</textarea></label></p><button name="send" value="1">Answer</button>`;
  return page(question.subject, `${head}<form method="post">${options.join("")}${text}</form>`);
}

export function messagePage(title: string, text: string): string {
  return page(title, `<p>${escaped(text)}</p>`);
}
