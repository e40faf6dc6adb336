// Coming in, going out, and one's own account.

import { loginAddress } from "./addresses.js";
import { ask } from "./api.js";
import { element, tell } from "./dom.js";
import { makeForm } from "./forms.js";
import { session } from "./session.js";

const EMAIL = { label: "E-mail", type: "email", required: true, autocomplete: "username", maxlength: 254 };
const PASSWORD = { label: "Password", type: "password", required: true };
const NEW_PASSWORD = { ...PASSWORD, autocomplete: "new-password", minlength: 8, hint: "At least 8 characters." };
const NICKNAME = { label: "Your name, as others see it", required: true, autocomplete: "nickname" };
const ENDED = "Your login has ended. Please log in again; what you wrote is kept.";
const NO_WAY_BACK = "Your posts and comments go with it. There is no way back.";
const AT_FIRST = "Nobody sees it. What stands before the @ is your name at first.";

export async function loginView({ query }) {
  const fields = [
    { ...EMAIL, name: "username", "data-first": true },
    { ...PASSWORD, name: "password", autocomplete: "current-password" },
  ];
  const send = async (values) => enter(await ask("POST", "/auth/login", { form: values, token: null }), query);
  const other = element("p", {}, "No account yet? ", element("a", { href: loginAddress("register") }, "Register"), ".");
  const ended = query.has("ended") && element("p", { role: "alert" }, ENDED);
  return page("Log in", ended, makeForm({ fields, button: "Log in", send }), other);
}

export async function registerView({ query }) {
  const fields = [
    { ...EMAIL, name: "email", "data-first": true, hint: AT_FIRST },
    { ...NEW_PASSWORD, name: "password" },
  ];
  const send = async (values) => enter(await ask("POST", "/auth/register", { json: values, token: null }), query);
  const other = element("p", {}, "Here before? ", element("a", { href: loginAddress() }, "Log in"), ".");
  return page("Register", makeForm({ fields, button: "Register", send }), other);
}

export async function accountView() {
  const { me } = session;
  const logIn = element("a", { href: loginAddress() }, "Log in");
  if (!me) return page("Your account", element("p", {}, logIn, " to see it."));
  const name = { ...NICKNAME, name: "display_name", value: me.display_name };
  const current = { ...PASSWORD, name: "current_password", autocomplete: "current-password" };
  const passwords = [
    { ...current, label: "Password now" },
    { ...NEW_PASSWORD, name: "new_password", label: "New password" },
  ];
  const proof = { ...current, label: "Password, to delete the account", hint: NO_WAY_BACK };

  async function rename(values) {
    session.begin(session.token, await ask("PATCH", "/users/me", { json: values }));
    tell("Your name is changed.");
  }

  async function changePassword(values) {
    await ask("PUT", "/users/me/password", { json: values });
    // Every token from before has ended, this page's own too.
    const form = { username: me.email, password: values.new_password };
    const { access_token: token } = await ask("POST", "/auth/login", { form, token: null });
    session.begin(token, session.me ?? me);
    passwordForm.reset();
    tell("Your password is changed, and you are logged out everywhere else.");
  }

  function logOut() {
    sessionStorage.clear(); // drafts too: whoever comes next to this tab is somebody else
    session.end();
    location.hash = "#/";
  }

  async function deleteAccount(values) {
    await ask("DELETE", "/users/me", { json: values });
    logOut();
    tell("Your account is deleted, and all that you wrote.");
  }

  const passwordForm = makeForm({ fields: passwords, button: "Change the password", send: changePassword });
  return page(
    "Your account",
    element("p", {}, me.email, " · ", element("a", { href: `#/authors/${me.id}` }, "your posts")),
    element("p", { class: "buttons" }, element("button", { class: "plain", onclick: logOut }, "Log out")),
    element("h2", {}, "Name"),
    makeForm({ fields: [name], button: "Save", send: rename }),
    element("h2", {}, "Password"),
    passwordForm,
    element("h2", {}, "Delete the account"),
    makeForm({ fields: [proof], button: "Delete the account", send: deleteAccount }),
  );
}

async function enter({ access_token: token }, query) {
  session.begin(token, await ask("GET", "/users/me", { token }));
  const then = query.get("then") ?? "";
  location.replace(then.startsWith("#/") ? then : "#/"); // only within this page: no script, and no other site
}

function page(title, ...content) {
  return { title, content: [element("h1", {}, title), ...content.filter(Boolean)] };
}
