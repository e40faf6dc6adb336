// One comment, which its author can edit in its place.

import { ask } from "./api.js";
import { authorLink, confirmed, element, focusOn, timeElement } from "./dom.js";
import { attempt, makeForm } from "./forms.js";
import { session } from "./session.js";
import { blocks } from "./text.js";

/** A list item for a `comment`. Its `update` shows a newer version, once nobody edits the old one any more. */
export function commentNode(first, { post, onChanged, onDeleted }) {
  const me = session.me?.id;
  const item = Object.assign(element("li", { tabindex: -1 }), { comment: first });
  let isEdited = false;

  item.update = (newer) => {
    item.comment = newer;
    if (!isEdited) show();
  };

  function show() {
    const { comment } = item;
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
    const name = `${text} the comment of ${item.comment.author.display_name}`;
    return element("button", { class: "plain", "aria-label": name, onclick: action }, text);
  }

  function edit() {
    const { id, body } = item.comment;
    isEdited = true;
    const field = { name: "body", label: "Your comment", kind: "textarea", rows: 4, required: true, value: body };
    const draft = `edit of comment ${id}`;
    const form = makeForm({ fields: [field], button: "Save", draft, send, cancel: close });
    item.replaceChildren(form);
    form.elements.body.focus();
  }

  async function send(values) {
    onChanged(await ask("PATCH", `/comments/${item.comment.id}`, { json: values }));
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
      await ask("DELETE", `/comments/${item.comment.id}`);
      onDeleted(item.comment.id);
    });
  }

  show();
  return item;
}
