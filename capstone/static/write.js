// Writing a post, and changing it.

import { loginAddress } from "./addresses.js";
import { ask, read } from "./api.js";
import { element } from "./dom.js";
import { makeForm } from "./forms.js";
import { session } from "./session.js";

const HINT = "A blank line begins a new paragraph. Four spaces in front of each line make a program, `backticks` code.";

export async function writeView() {
  if (!session.me) return loginFirst();
  return view("Write a post", {}, "Publish", "new post", (values) => ask("POST", "/posts", { json: values }));
}

export async function editView({ id, signal }) {
  if (!session.me) return loginFirst();
  const post = await read(`/posts/${id}`, signal);
  const send = (values) => ask("PATCH", `/posts/${id}`, { json: values });
  return view("Edit your post", post, "Save", `post ${id}`, send, `#/posts/${id}`);
}

function view(title, post, button, draft, save, back = "#/") {
  const fields = [
    { name: "title", label: "Title", required: true, autocomplete: "off", value: post.title, "data-first": true },
    { name: "body", label: "Text", kind: "textarea", rows: 12, required: true, value: post.body, hint: HINT },
  ];

  function cancel() {
    location.hash = back;
  }

  async function send(values) {
    const saved = await save(values);
    location.replace(`#/posts/${saved.id}`); // Back leads past this form, not into it
  }

  return { title, content: [element("h1", {}, title), makeForm({ fields, button, draft, send, cancel })] };
}

function loginFirst() {
  const logIn = element("a", { href: loginAddress() }, "Log in");
  const register = element("a", { href: loginAddress("register") }, "register");
  const content = [element("h1", {}, "Write a post"), element("p", {}, logIn, " or ", register, " to write.")];
  return { title: "Write a post", content };
}
