// One comment, which its author can edit in its place.

import { ask } from "./api.js";
import { authorLink, confirmed, element, focusOn, timeElement } from "./dom.js";
import { attempt, makeForm } from "./forms.js";
import { session } from "./session.js";
import { blocks } from "./text.js";

/** A list item for a comment. Its `update` shows a newer version, once nobody edits the old one any more. */
export function commentNode(comment, { post, onChanged, onDeleted }) {
  const me = session.me?.id;
  const item = element("li", { tabindex: -1 });
  let isEdited = false;

  item.update = (newer) => {
    comment = newer;
    if (!isEdited) show();
  };

  function show() {
    const head = [authorLink(comment.author), " · ", timeElement(comment.created_at, { exact: true })];
    if (comment.updated_at !== comment.created_at) head.push(" · edited");
    const isMine = me === comment.author.id;
    const buttons = [isMine && button("Edit", edit), (isMine || me === post.author.id) && button("Delete", remove)];
    item.replaceChildren(
      element("p", { class: "byline" }, ...head),
      element("div", { class: "text" }, ...blocks(comment.body)),
      buttons.some(Boolean) ? element("p", { class: "buttons" }, ...buttons) : "",
    );
  }

  function button(text, action) {
    const name = `${text} the comment of ${comment.author.display_name}`;
    return element("button", { class: "plain", "aria-label": name, onclick: action }, text);
  }

  function edit() {
    isEdited = true;
    const cancel = element("button", { type: "button", class: "plain", onclick: () => (form.forget(), close()) }, "Cancel");
    const field = { name: "body", label: "Your comment", kind: "textarea", rows: 4, required: true, value: comment.body };
    const form = makeForm({ fields: [field], button: "Save", draft: `edit of comment ${comment.id}`, extra: [cancel], send });
    item.replaceChildren(form);
    form.elements.body.focus();
  }

  async function send(values) {
    onChanged(await ask("PATCH", `/comments/${comment.id}`, { json: values }));
    close();
  }

  function close() {
    isEdited = false;
    show();
    focusOn(item);
  }

  function remove() {
    attempt(async () => {
      if (!(await confirmed("Delete this comment?"))) return;
      await ask("DELETE", `/comments/${comment.id}`);
      onDeleted(comment.id);
    });
  }

  show();
  return item;
}
