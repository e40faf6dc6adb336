// The comments of a post, as they are now: whatever others write, change or delete shows up by itself.

import { ask } from "./api.js";
import { loginAddress } from "./addresses.js";
import { commentNode } from "./comment.js";
import { announce, counted, element, focusOn } from "./dom.js";
import { attempt, makeForm } from "./forms.js";
import { follow } from "./live.js";
import { session } from "./session.js";

const PAGE = 50;

/** A section with the comments of a post, live until `signal` says stop. */
export function commentThread(post, signal) {
  const shown = new Map(); // id -> its list item
  const stop = new AbortController(); // once the post is deleted
  const until = AbortSignal.any([signal, stop.signal]);
  const gone = new Set(); // ids of those deleted: a page that was read a moment too early brings none of them back
  let cursor = null; // of the page after those shown; null if all are there

  const heading = element("h2", { id: "comments" }, "Comments");
  const state = element("p", { class: "live", role: "status" });
  const list = element("ol", { class: "comments" });
  const more = element("button", { class: "more", hidden: true, onclick: () => attempt(addPage) }, "More comments");
  const section = element("section", { "aria-labelledby": "comments" }, heading, state, list, more, writing());

  function put(comment) {
    const there = shown.get(comment.id);
    if (gone.has(comment.id)) return;
    if (there) {
      const [old, now] = [there.comment.updated_at, comment.updated_at];
      // One that is the same stays untouched: somebody may have the keyboard on it, or be selecting a word.
      if (old !== now && Date.parse(old) <= Date.parse(now)) there.update(comment);
      return;
    }
    const node = commentNode(comment, { post, onChanged: put, onDeleted: drop });
    const next = [...list.children].find((other) => isAfter(other.comment, comment));
    list.insertBefore(node, next ?? null);
    shown.set(comment.id, node);
  }

  function drop(id) {
    gone.add(id);
    const node = shown.get(id);
    if (node?.contains(document.activeElement)) focusOn(heading);
    node?.remove();
    shown.delete(id);
    count();
  }

  function count() {
    heading.textContent = cursor || !shown.size ? "Comments" : counted(shown.size, "comment");
    more.hidden = !cursor;
  }

  async function readPage(after) {
    const query = new URLSearchParams({ limit: PAGE, ...(after && { cursor: after }) });
    const page = await ask("GET", `/posts/${post.id}/comments?${query}`, { signal: until });
    page.items.forEach(put);
    return page;
  }

  async function addPage() {
    const last = list.lastElementChild;
    cursor = (await readPage(cursor)).next_cursor;
    count();
    if (last?.nextElementSibling) focusOn(last.nextElementSibling);
  }

  /** Read again all that is shown: new ones come in, and those that were deleted while nobody told us go out. */
  async function catchUp() {
    const before = [...shown.keys()];
    const found = new Set();
    let page = { next_cursor: null };
    try {
      do {
        page = await readPage(page.next_cursor);
        page.items.forEach(({ id }) => found.add(id));
      } while (page.next_cursor && found.size < before.length);
    } catch (problem) {
      if (problem.status === 404) showGone();
      else if (!problem.isAway && !until.aborted) throw problem;
      return; // if the blog is away, `state` tells it; the next connection catches up
    }
    const end = page.next_cursor && page.items.at(-1); // whatever comes after it was not looked for
    const isRead = (id) => !end || !isAfter(shown.get(id).comment, end);
    before.filter((id) => shown.has(id) && !found.has(id) && isRead(id)).forEach(drop);
    cursor = page.next_cursor;
    count();
  }

  const on = {
    "comment.created": ({ comment }) => {
      if (cursor) return; // it comes after those not read yet
      if (!shown.has(comment.id) && comment.author.id !== session.me?.id) {
        announce(`${comment.author.display_name} comments: ${comment.body}`);
      }
      put(comment);
      if (comment.author.id !== session.me?.id) shown.get(comment.id)?.classList.add("new");
      count();
    },
    "comment.updated": ({ comment }) => shown.has(comment.id) && put(comment),
    "comment.deleted": ({ comment }) => drop(comment.id),
    "post.deleted": showGone,
  };

  function showGone() {
    stop.abort();
    const sentence = "This post was deleted. You can still read what stands here.";
    section.replaceChildren(element("p", { role: "alert" }, sentence));
  }

  function writing() {
    if (!session.me) {
      return element("p", {}, element("a", { href: loginAddress() }, "Log in"), " to write a comment.");
    }
    const field = { name: "body", label: "Your comment", kind: "textarea", rows: 4, required: true };
    const form = makeForm({ fields: [field], button: "Send", draft: `comment ${post.id}`, send });
    async function send(values) {
      const comment = await ask("POST", `/posts/${post.id}/comments`, { json: values });
      form.reset();
      while (cursor) await addPage(); // to where the new one stands
      put(comment);
      count();
      form.elements.body.focus();
    }
    return form;
  }

  follow(`/ws/posts/${post.id}`, {
    signal: until,
    onOpen: () => {
      state.textContent = "New comments appear by themselves.";
      state.classList.remove("lost");
      catchUp();
    },
    onLost: () => {
      state.textContent = "Not live just now. Connecting again …";
      state.classList.add("lost");
      catchUp(); // perhaps only the live connection is broken
    },
    onEvent: (event) => on[event.type]?.(event),
  });
  return section;
}

function isAfter(one, other) {
  return (Date.parse(one.created_at) - Date.parse(other.created_at) || one.id - other.id) > 0;
}
