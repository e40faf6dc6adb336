// Forms: what is typed is kept until it has arrived, and what the API says about a field is shown at that field.

import { Problem } from "./api.js";
import { element, tell } from "./dom.js";
import { loginAddress } from "./addresses.js";

let forms = 0;

/**
 * Make a form. A field is `{ name, label, hint, kind }` and any attribute of its control; `send` gets the values.
 * With `draft`, a name for what is being written, the values outlive a reload and a login that ended meanwhile. With
 * `cancel` there is a second button, which drops them and calls it.
 */
export function makeForm({ fields, button, send, draft, cancel }) {
  const alert = element("p", { class: "problem", role: "alert" });
  const submit = element("button", {}, button);
  const form = element("form", { class: "fields" }, ...fields.map(makeField), alert);
  const away = element("button", { type: "button", class: "plain", hidden: !cancel }, "Cancel");
  form.append(element("p", { class: "buttons" }, submit, away));
  const kept = `draft ${draft}`;

  if (draft) {
    const values = JSON.parse(sessionStorage.getItem(kept)) ?? {};
    for (const [name, value] of Object.entries(values)) if (form.elements[name]) form.elements[name].value = value;
    form.addEventListener("input", () => sessionStorage.setItem(kept, JSON.stringify(valuesOf(form))));
  }
  const forget = () => sessionStorage.removeItem(kept);

  away.addEventListener("click", () => {
    forget();
    cancel();
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.ariaDisabled) return; // it is on its way; a disabled button would lose the keyboard's place
    submit.ariaDisabled = "true";
    clearProblems(form, alert);
    try {
      await send(valuesOf(form));
      forget();
    } catch (problem) {
      showProblem(problem, form, alert);
    } finally {
      submit.ariaDisabled = null;
    }
  });
  return form;
}

/** Do what a button asks for. If the API refuses, say why. */
export async function attempt(action) {
  try {
    await action();
  } catch (problem) {
    if (problem.name === "AbortError") return; // the reader has gone elsewhere
    if (!(problem instanceof Problem)) throw problem;
    tell(problem.message);
    if (problem.status === 401) location.hash = loginAddress("login", { ended: "yes" });
  }
}

function makeField({ name, label, hint, kind = "input", value = "", ...attributes }) {
  const id = `field-${(forms += 1)}`;
  const said = [`${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ");
  const control = element(kind, { id, name, "aria-describedby": said, ...attributes });
  control.value = value;
  return element(
    "div",
    { class: "field" },
    element("label", { for: id }, label),
    control,
    element("p", { id: `${id}-problem`, class: "problem" }),
    hint && element("p", { id: `${id}-hint`, class: "hint" }, hint),
  );
}

function valuesOf(form) {
  return Object.fromEntries(new FormData(form));
}

function clearProblems(form, alert) {
  alert.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    problemPlace(control).textContent = "";
  }
}

function showProblem(problem, form, alert) {
  if (!(problem instanceof Problem)) {
    alert.textContent = "Something went wrong on this page; please reload it.";
    throw problem;
  }
  const elsewhere = problem.errors.filter(({ pointer, detail }) => {
    const control = form.elements[pointer.split("/").at(-1)];
    if (!control) return true;
    control.setAttribute("aria-invalid", "true");
    problemPlace(control).textContent = `${detail}.`;
    return false;
  });
  const atFields = form.querySelector("[aria-invalid]");
  alert.textContent = atFields ? "Something is missing or not right; see above." : problem.message;
  if (elsewhere.length) alert.textContent += ` ${elsewhere.map(({ detail }) => `${detail}.`).join(" ")}`;
  atFields?.focus();
  if (problem.status === 401) location.hash = loginAddress("login", { ended: "yes" });
}

function problemPlace(control) {
  return document.getElementById(`${control.id}-problem`);
}
