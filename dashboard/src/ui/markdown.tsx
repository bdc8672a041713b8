import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

type Render = (text: string) => string;
const renderer = signal<Render | null>(null);
let asked = false;

/** The renderer is a third of the page's code and first needed when a text is opened. */
function askForRenderer(): void {
  if (asked) return;
  asked = true;
  void import("./markdown-render").then((module) => (renderer.value = module.render));
}

/** Text of agents and humans as Markdown, sanitised; links open elsewhere and are marked. */
export function Markdown({ text }: { text: string }) {
  askForRenderer();
  const render = renderer.value;
  const html = useMemo(() => render?.(text), [text, render]);
  if (html === undefined) return <div class="markdown plain">{text}</div>;
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
