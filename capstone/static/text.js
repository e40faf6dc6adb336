// What people write, as elements: blank lines part paragraphs, four spaces or a tab make code, and so do `backticks`.

import { element } from "./dom.js";

const BLANK_LINES = /((?:\n[ \t]*)+\n)/;
const INDENT = /^(?: {4}|\t)/;

/** The paragraphs and code blocks of a text. */
export function blocks(text) {
  // Splitting by a group keeps what was between the parts: the blank lines inside a program belong to it.
  const parts = text.replace(/\r\n?/g, "\n").replace(/^\n+|\s+$/g, "").split(BLANK_LINES);
  const found = [];
  let between = "";
  for (const [place, part] of parts.entries()) {
    if (place % 2 === 1) {
      between = part;
    } else if (isCode(part)) {
      const last = found.at(-1);
      if (last?.code) last.text += between + part;
      else found.push({ code: true, text: part });
    } else {
      found.push({ code: false, text: part });
    }
  }
  return found.map(({ code, text }) => (code ? codeBlock(text) : element("p", { dir: "auto" }, ...inline(text))));
}

/** One line from the beginning of a text, for a list. The API cuts it after so many characters: we do at a word. */
export function excerptOf(text, cutAt) {
  const line = text.replace(/\s+/g, " ").trim();
  const isWhole = [...text].length < cutAt;
  return inline(isWhole ? line : `${line.replace(/ \S*$/, "").replace(/[,;:.]$/, "")} …`);
}

function isCode(part) {
  return part.split("\n").every((line) => INDENT.test(line));
}

function codeBlock(text) {
  const lines = text.split("\n").map((line) => line.replace(INDENT, ""));
  // With a place in the tab order, a wide program can be scrolled by keyboard.
  return element("pre", { tabindex: 0, role: "group", "aria-label": "Code" }, element("code", {}, lines.join("\n")));
}

function inline(text) {
  return text.split(/(`[^`\n]+`)/).map((part, place) => (place % 2 ? element("code", {}, part.slice(1, -1)) : part));
}
