// Addresses inside this page, as they stand behind the # of the URL: `#/posts/7`, `#/?q=pool`.

/** Where the reader is: the path, and the query. */
export function here() {
  const [path, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  return { path: path || "/", query: new URLSearchParams(query) };
}

/** The page for logging in or for registering, which leads back to where the reader is now. */
export function loginAddress(page = "login", more = {}) {
  const { path, query } = here();
  const then = ["/login", "/register"].includes(path) ? (query.get("then") ?? "#/") : location.hash || "#/";
  return `#/${page}?${new URLSearchParams({ then, ...more })}`;
}
