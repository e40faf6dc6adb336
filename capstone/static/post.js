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
  const article = element(
    "article",
    {},
    element("h1", { dir: "auto" }, titleOf(post)),
    byline(post, isEdited && " · edited"),
    session.me?.id === post.author.id && tools(post),
    bodyOf(post),
  );
  return { title: titleOf(post), content: [article, commentThread(post, signal)] };
}

function tools(post) {
  const edit = element("a", { class: "button plain", href: `#/posts/${post.id}/edit` }, "Edit");
  const remove = element("button", { class: "plain", onclick: () => attempt(() => removePost(post)) }, "Delete");
  return element("p", { class: "buttons" }, edit, remove);
}

async function removePost(post) {
  if (!(await confirmed(`Delete “${titleOf(post)}”, and with it all its comments?`))) return;
  await ask("DELETE", `/posts/${post.id}`);
  location.hash = "#/";
  addEventListener("hashchange", () => tell("The post is deleted."), { once: true });
}
