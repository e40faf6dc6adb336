// Lists of posts: the newest, those that a search finds, and those of one author.

import { attempt } from "./forms.js";
import { read } from "./api.js";
import { authorLink, counted, element, timeElement } from "./dom.js";
import { blocks, excerptOf } from "./text.js";

const PAGE = 20;
const PAGE_MAX = 100;
const EXCERPT_LENGTH = 200; // the API cuts here

/** The front page, or with `q` what a search finds. */
export async function postsView({ query, signal }) {
  const q = query.get("q");
  const title = q ? `Posts about “${q}”` : "Newest posts";
  const nothing = q ? "Nothing was found. Try another word." : "Nobody has written yet.";
  const list = await postList(q ? { q } : {}, signal, nothing);
  return { title, content: [element("h1", { class: "list", dir: "auto" }, title), ...list] };
}

/** One author and what they wrote. */
export async function authorView({ id, signal }) {
  const author = await read(`/users/${id}`, signal);
  const list = await postList({ author_id: id }, signal, "No posts yet.");
  const title = author.display_name.trim() || "Somebody";
  const since = [counted(author.post_count, "post"), " · here since ", timeElement(author.created_at)];
  const head = [element("h1", { dir: "auto" }, title), element("p", { class: "byline" }, ...since)];
  return { title, content: [...head, ...list] };
}

async function postList(filter, signal, nothing) {
  // A reader who comes back finds as many posts as were here before, so that the place they left is there too.
  const limit = Math.min(history.state?.shown ?? PAGE, PAGE_MAX);
  let page = await read(pageAddress(filter, { limit }), signal);
  if (!page.items.length) return [element("p", {}, nothing)];

  const list = element("ol", { class: "posts" }, ...page.items.map(listItem));
  const more = element("button", { class: "more", onclick: () => attempt(addPage) }, "More posts");
  more.hidden = !page.next_cursor;

  async function addPage() {
    if (more.ariaBusy) return;
    more.ariaBusy = "true";
    try {
      page = await read(pageAddress(filter, { limit: PAGE, cursor: page.next_cursor }), signal);
    } finally {
      more.ariaBusy = null;
    }
    const items = page.items.map(listItem);
    list.append(...items);
    items[0]?.querySelector("a").focus();
    more.hidden = !page.next_cursor;
    history.replaceState({ ...history.state, shown: list.children.length }, "");
  }

  return [list, more];
}

function pageAddress(filter, page) {
  return `/posts?${new URLSearchParams({ ...filter, ...page })}`;
}

function listItem(post) {
  return element(
    "li",
    {},
    element("h2", { dir: "auto" }, element("a", { href: `#/posts/${post.id}` }, titleOf(post))),
    element("p", { class: "excerpt", dir: "auto" }, ...excerptOf(post.excerpt, EXCERPT_LENGTH)),
    byline(post, ` · ${counted(post.comment_count, "comment")}`),
  );
}

/** Who wrote it, and when. */
export function byline(post, ...more) {
  return element("p", { class: "byline" }, authorLink(post.author), " · ", timeElement(post.created_at), ...more);
}

/** A post's title, also of one that has nothing but spaces there: a link needs a text. */
export function titleOf(post) {
  return post.title.trim() || "Untitled";
}

/** A post's text. */
export function bodyOf(post) {
  return element("div", { class: "text" }, ...blocks(post.body));
}
