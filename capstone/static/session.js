// Who is logged in.
//
// The token is in sessionStorage: it outlives a reload, and ends with the tab. Any script on this
// page could read it there, and would as well find it in a variable; so what protects it is that no foreign script
// runs: the content security policy, and that text is never read as HTML. A cookie that scripts can't read would be
// sent by the browser by itself, and then every request needs a proof that it came from this page.

const KEY = "session";

class Session extends EventTarget {
  #kept = JSON.parse(sessionStorage.getItem(KEY)) ?? {};

  get token() {
    return this.#kept.token;
  }

  /** The user's own account, or undefined for a reader without one. */
  get me() {
    return this.#kept.me;
  }

  /** Keep a token, and whose it is. Whoever listens to "change" hears of it. */
  begin(token, me) {
    this.#kept = { token, me };
    sessionStorage.setItem(KEY, JSON.stringify(this.#kept));
    this.dispatchEvent(new Event("change"));
  }

  end() {
    this.#kept = {};
    sessionStorage.removeItem(KEY);
    this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
