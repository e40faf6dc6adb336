// The echo: what you send comes back.

import { showConnection } from "./connection.js";
import { addLine } from "./log.js";
import { LiveSocket } from "./socket.js";

export function startEcho(section) {
  const part = (name) => section.querySelector(`[data-${name}]`);
  const socket = new LiveSocket();
  const say = part("say");

  socket.addEventListener("frame", ({ detail }) => addLine(part("log"), "message", ["text", detail]));

  say.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const text = say.elements.text.value;
    if (socket.send(text)) addLine(part("log"), "message own", ["text", text]);
    else addLine(part("log"), "note error", ["text", "Not sent: there is no connection."]);
    say.elements.text.select();
  });

  showConnection(part("connection"), socket, () => socket.open());
  socket.open("/ws/notify");
}
