import DOMPurify from "dompurify";
import { marked } from "marked";

const SAFE = {
  ALLOWED_TAGS: "a b blockquote br code del em h1 h2 h3 h4 hr i li ol p pre s strong table tbody td th thead tr ul".split(" "),
  ALLOWED_ATTR: ["href", "title", "align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};

// No picture is loaded and no page is framed: a text of an agent must not make the browser ask anybody anything.
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
  node.setAttribute("class", "external");
});

export function render(text: string): string {
  return DOMPurify.sanitize(marked.parse(text, { async: false, gfm: true, breaks: true }), SAFE);
}
