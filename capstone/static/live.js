// A WebSocket that comes back by itself.

import { pause } from "./pause.js";

const STABLE_MS = 5000; // what breaks sooner has not really been there, and the pauses go on growing

/**
 * Follow a path of this server until `signal` says stop. `onEvent` gets what the server sends; `onOpen` runs at each
 * new connection, when something may have been missed; `onLost` when it is gone, or could not be made.
 */
export function follow(path, { signal, onOpen, onEvent, onLost }) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  let socket, timer;
  let tries = 0;
  let openedAt = 0;

  function connect() {
    clearTimeout(timer);
    socket = new WebSocket(address);
    socket.onopen = () => {
      openedAt = performance.now();
      onOpen();
    };
    socket.onmessage = ({ data }) => onEvent(JSON.parse(data));
    socket.onclose = () => {
      if (signal.aborted) return;
      if (openedAt && performance.now() - openedAt > STABLE_MS) tries = 0;
      openedAt = 0;
      timer = setTimeout(connect, pause(tries));
      tries += 1;
      onLost();
    };
  }

  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    socket.onmessage = socket.onopen = null;
    // A browser calls it an error if a connection is given up while it is being made.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
  });
  // A laptop that wakes up, a phone that finds its network: no reason to wait any longer.
  addEventListener("online", () => socket.readyState === WebSocket.CLOSED && connect(), { signal });
  if (!signal.aborted) connect();
}
