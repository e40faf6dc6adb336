// Small tools for building the page. All text goes in as text: nothing that somebody wrote is ever read as HTML.

/** Make an element. `on...` are listeners, everything else is an attribute; children are elements and strings. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

const notice = document.querySelector("#notice");
const news = document.querySelector("#news");

/** Show a sentence at the edge of the window; an empty one takes it away. */
export function tell(sentence) {
  notice.textContent = sentence;
}

/** Read a sentence out to those who listen to the page and don't see what has changed on it. */
export function announce(sentence) {
  news.replaceChildren(element("span", {}, sentence));
}

/** Ask before something is lost. Resolves to true if the answer is yes. */
export function confirmed(question) {
  const dialog = document.querySelector("#question");
  dialog.querySelector("#question-text").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Move the keyboard, and the screen reader with it, to a heading or another place that is no control. */
export function focusOn(place) {
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A time as the reader's own clock shows it: the day, or with `exact` the minute too. */
export function timeElement(at, { exact = false } = {}) {
  const date = new Date(at);
  return element("time", { datetime: at, title: MINUTE.format(date) }, (exact ? MINUTE : DAY).format(date));
}

/** Somebody's name, leading to what they wrote. */
export function authorLink({ id, display_name }) {
  const name = element("bdi", {}, display_name.trim() || "Somebody");
  return element("a", { class: "author", href: `#/authors/${id}` }, name);
}

/** "1 comment", "2 comments". */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
