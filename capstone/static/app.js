// Start here: which address shows what, and what happens when the reader goes from one to the next.

import { accountView, loginView, registerView } from "./account.js";
import { here, loginAddress } from "./addresses.js";
import { ask } from "./api.js";
import { element, focusOn, tell } from "./dom.js";
import { postView } from "./post.js";
import { authorView, postsView } from "./posts.js";
import { session } from "./session.js";
import { editView, writeView } from "./write.js";

// A view gets `{ id, query, signal }` and returns `{ title, content }`, its heading (an h1) within. `signal` stops
// everything that it started, once the reader goes elsewhere.
const VIEWS = [
  [/^\/$/, postsView],
  [/^\/posts\/(\d+)$/, postView],
  [/^\/posts\/(\d+)\/edit$/, editView],
  [/^\/authors\/(\d+)$/, authorView],
  [/^\/write$/, writeView],
  [/^\/login$/, loginView],
  [/^\/register$/, registerView],
  [/^\/account$/, accountView],
];
const SLOW_MS = 400;

const main = document.querySelector("main");
const search = document.querySelector("[role=search]");
let leave = new AbortController();

async function show({ isFirst = false } = {}) {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const { path, query } = here();
  const { top = 0 } = history.state ?? {};

  tell("");
  search.q.value = path === "/" ? (query.get("q") ?? "") : "";
  const slow = setTimeout(() => tell("Loading …"), SLOW_MS);
  let view;
  try {
    view = await viewOf(path, query, signal);
  } catch (problem) {
    if (signal.aborted) return;
    view = { title: "Sorry", content: [element("h1", {}, "Sorry"), element("p", {}, problem.message)] };
    if (!problem.status) console.error(problem);
  } finally {
    clearTimeout(slow);
  }
  if (signal.aborted) return;

  if (document.querySelector("#notice").textContent === "Loading …") tell("");
  document.title = `${view.title} · Blog`;
  main.replaceChildren(...view.content);
  scrollTo(0, top);
  // A browser tells a screen reader of a new page. Of new content on the same page, we do, by moving there: to the
  // heading, or to the first field of a form.
  const place = main.querySelector("[data-first]");
  if (place) place.focus();
  else if (!isFirst) focusOn(main.querySelector("h1"));
}

async function viewOf(path, query, signal) {
  for (const [pattern, view] of VIEWS) {
    const match = pattern.exec(path);
    if (match) return view({ id: match[1], query, signal });
  }
  throw new Error(`There is no page ${path} here.`);
}

function showAccount() {
  const nav = document.querySelector("nav");
  const links = session.me
    ? [["#/write", "Write"], ["#/account", session.me.display_name]]
    : [[loginAddress(), "Log in"], [loginAddress("register"), "Register"]];
  nav.replaceChildren(...links.map(([href, text]) => element("a", { href, dir: "auto" }, text)));
}

search.addEventListener("submit", (event) => {
  event.preventDefault();
  const q = search.q.value.trim();
  location.hash = q ? `#/?${new URLSearchParams({ q })}` : "#/";
});
// The address behind the # belongs to the views, so this one link can't use it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});

history.scrollRestoration = "manual"; // the text that was scrolled is not there yet when the browser would do it
const remember = () => history.replaceState({ ...history.state, top: scrollY }, "");
addEventListener("click", remember, { capture: true }); // perhaps on a link, which leads away; Enter clicks, too
addEventListener("pagehide", remember);
addEventListener("hashchange", () => {
  showAccount();
  show();
});
session.addEventListener("change", showAccount);

showAccount();
show({ isFirst: true });
if (session.token) ask("GET", "/users/me").then((me) => session.begin(session.token, me), () => {});
