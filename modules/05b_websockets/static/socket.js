// A WebSocket that comes back by itself, with growing pauses that can be watched.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Milliseconds before a try: twice the last, and up to a fifth more or less, or all the pages would come at once. */
export function pause(tries, random = Math.random) {
  const plain = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
  return plain * (0.8 + 0.4 * random());
}

/** An address on the server that this page came from. */
export function address(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * Events: "state" (whenever `state` changes) and "frame" (`detail` is what the server sent).
 * States: "closed", "connecting", "open", and "waiting", which lasts `pauseMs` from `waitingSince` on.
 */
export class LiveSocket extends EventTarget {
  state = "closed";
  tries = 0; // how many have failed since it was last open
  pauseMs = 0;
  waitingSince = 0;
  lastClose = "";
  #path = "";
  #socket = null;
  #timer = 0;

  /** Connect to this path of the server, and stay connected. */
  open(path = this.#path) {
    this.close();
    this.#path = path;
    this.tries = 0;
    this.#connect();
  }

  /** Leave, and stay away. */
  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null; // what it still says is nobody's business any more
    socket?.close(1000);
    if (this.state !== "closed") this.#become("closed");
  }

  /** Don't wait any longer. */
  retry() {
    if (this.state !== "waiting") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Send a frame. Says whether there was a connection to send it on. */
  send(frame) {
    if (this.state !== "open") return false;
    this.#socket.send(frame);
    return true;
  }

  #connect() {
    const socket = new WebSocket(address(this.#path));
    this.#socket = socket;
    this.#become("connecting");
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.tries = 0;
      this.#become("open");
    };
    socket.onmessage = (message) => {
      if (socket === this.#socket) this.dispatchEvent(new CustomEvent("frame", { detail: message.data }));
    };
    socket.onclose = (close) => {
      if (socket !== this.#socket) return;
      this.lastClose = `${close.code}${close.reason ? ` ${close.reason}` : ""}`;
      this.pauseMs = pause(this.tries);
      this.tries += 1;
      this.waitingSince = performance.now();
      this.#timer = setTimeout(() => this.#connect(), this.pauseMs);
      this.#become("waiting");
    };
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
