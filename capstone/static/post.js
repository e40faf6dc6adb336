// One post and its comments.

import { ask, read } from "./api.js";
import { commentThread } from "./comments.js";
import { confirmed, element, tell } from "./dom.js";
import { attempt } from "./forms.js";
import { bodyOf, byline, titleOf } from "./posts.js";
import { session } from "./session.js";

export async function postView({ id, signal }) {
  const post = await read(`/posts/${id}`, signal);
  const isEdited = post.updated_at !== post.created_at;
  const thread = leavable(post, signal);
  const article = element(
    "article",
    {},
    element("h1", { dir: "auto" }, titleOf(post)),
    byline(post, isEdited && " · edited"),
    session.me?.id === post.author.id && tools(post, thread),
    bodyOf(post),
  );
  return { title: titleOf(post), content: [article, thread.node] };
}

/** The comments of a post, which can be left before the view is, and come back. */
function leavable(post, signal) {
  let left;
  function enter() {
    left = new AbortController();
    return commentThread(post, AbortSignal.any([signal, left.signal]));
  }
  const thread = { node: enter(), leave: () => left.abort(), comeBack };
  function comeBack() {
    const again = enter();
    thread.node.replaceWith(again);
    thread.node = again;
  }
  return thread;
}

function tools(post, thread) {
  const edit = element("a", { class: "button plain", href: `#/posts/${post.id}/edit` }, "Edit");
  const remove = element("button", { class: "plain", onclick: () => attempt(() => removePost(post, thread)) }, "Delete");
  return element("p", { class: "buttons" }, edit, remove);
}

async function removePost(post, thread) {
  if (!(await confirmed(`Delete “${titleOf(post)}”, and with it all its comments?`))) return;
  thread.leave(); // what its comments would ask for from now on may be gone by then
  try {
    await ask("DELETE", `/posts/${post.id}`);
  } catch (problem) {
    thread.comeBack();
    throw problem;
  }
  location.hash = "#/";
  addEventListener("hashchange", () => tell("The post is deleted."), { once: true });
}
