// Requests to the blog's API, and its errors as sentences.

import { tell } from "./dom.js";
import { pause } from "./pause.js";
import { session } from "./session.js";

const AWAY = [0, 502, 503, 504]; // 0: no answer at all; the others may be a proxy's, while the blog itself is away

/** What the API could not do: `message` for a reader, `errors` of single fields, `retryAfter` in seconds. */
export class Problem extends Error {
  constructor(status, message, { errors = [], retryAfter = 0 } = {}) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  get isAway() {
    return AWAY.includes(this.status);
  }
}

/** Send one request, and return the JSON of its answer. Throws a Problem, or an AbortError once `signal` says stop. */
export async function ask(method, path, { json, form, signal, token = session.token } = {}) {
  const headers = new Headers();
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (json) headers.set("Content-Type", "application/json");
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form);
  let response, content;
  try {
    response = await fetch(path, { method, headers, body, signal });
    content = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The blog can't be reached just now.");
  }
  if (response.status === 401 && token && token === session.token) session.end();
  if (!response.ok) throw problemOf(response, content);
  return content ? JSON.parse(content) : null;
}

/** Read something, and while the blog is away, say so and try again until it is back or the reader has left. */
export async function read(path, signal) {
  for (let tries = 0; ; tries += 1) {
    try {
      const content = await ask("GET", path, { signal });
      if (tries) tell("");
      return content;
    } catch (problem) {
      if (!problem.isAway) throw problem;
      tell(`${problem.message} This page tries again by itself.`);
      await wait(Math.max(problem.retryAfter * 1000, pause(tries)), signal);
    }
  }
}

function problemOf(response, content) {
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  let { detail, errors } = readJson(content);
  detail ??= `The blog answered ${response.status}, and did not say why.`;
  if (response.status === 429) detail = `${detail} Try again ${whenIn(retryAfter)}.`;
  return new Problem(response.status, detail, { errors, retryAfter });
}

function readJson(content) {
  try {
    return JSON.parse(content) ?? {};
  } catch {
    return {}; // a proxy's own page
  }
}

function whenIn(seconds) {
  const at = new Date(Date.now() + seconds * 1000).toLocaleTimeString("en-GB", { timeStyle: "short" });
  return seconds < 60 ? `in ${seconds} seconds` : `in ${Math.ceil(seconds / 60)} minutes, at ${at}`;
}

function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
