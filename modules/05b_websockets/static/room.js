// The room: who is there, and what they say.

import { showConnection } from "./connection.js";
import { addLine, timeOf } from "./log.js";
import { LiveSocket } from "./socket.js";

const TEXT_MAX_BYTES = 4096;

export function startRoom(section) {
  const part = (name) => section.querySelector(`[data-${name}]`);
  const socket = new LiveSocket();
  const join = part("join");
  const say = part("say");
  let me = ""; // the name under which we are in the room, whatever stands in the form by now
  let asMember = false; // in a room that asks for a ticket first
  let members = []; // names; somebody with two windows stands there twice
  let unsent = ""; // the last text, until it comes back from the server

  function enter() {
    const fields = Object.fromEntries(new FormData(join));
    const room = encodeURIComponent(fields.room);
    me = fields.name;
    asMember = "member" in fields;
    part("path").textContent = asMember ? `/ws/members/${room}` : `/ws/rooms/${room}`;
    history.replaceState(null, "", `?${new URLSearchParams(fields)}`); // a reload comes back to the same place
    socket.open(asMember ? `/ws/members/${room}` : `/ws/rooms/${room}?name=${encodeURIComponent(me)}`);
  }

  /** Ask who we are, and show it to the room: each time, since the last ticket may have expired. */
  async function showTicket() {
    try {
      const { ticket, name } = await (await fetch("/tickets", { method: "POST" })).json();
      me = name;
      socket.send(JSON.stringify({ ticket }));
    } catch {
      addLine(part("log"), "note error", ["text", "The server gave us no ticket."]);
    }
  }

  function showMembers() {
    const windows = new Map();
    for (const name of members) windows.set(name, (windows.get(name) ?? 0) + 1);
    const lines = [...windows].sort(([a], [b]) => a.localeCompare(b)).map(([name, count]) => {
      const line = document.createElement("li");
      line.textContent = count > 1 ? `${name} (${count} windows)` : name;
      return line;
    });
    part("members").replaceChildren(...lines);
    part("count").textContent = members.length;
  }

  const on = {
    message: (event) => {
      const kind = event.from === me ? "message own" : "message";
      if (event.from === me && event.text === unsent) unsent = "";
      addLine(part("log"), kind, ["who", event.from], ["time", timeOf(event.at)], ["text", event.text]);
    },
    joined: (event) => {
      members = event.members ?? [...members, event.from]; // our own arrival brings the list of all
      addLine(part("log"), "note", ["text", `${event.from} joined`], ["time", timeOf(event.at)]);
    },
    left: (event) => {
      const place = members.indexOf(event.from);
      if (place >= 0) members.splice(place, 1);
      addLine(part("log"), "note", ["text", `${event.from} left`], ["time", timeOf(event.at)]);
    },
    gap: (event) => {
      members = event.members;
      addLine(part("log"), "note gap", ["text", event.message], ["time", timeOf(event.at)]);
    },
    error: (event) => {
      addLine(part("log"), "note error", ["text", event.message]);
      putBack();
    },
  };

  /** Give a text that was refused, or lost with its connection, back to be changed or sent again. */
  function putBack() {
    if (!say.elements.text.value) say.elements.text.value = unsent;
    unsent = "";
    showSize();
  }

  socket.addEventListener("frame", ({ detail }) => {
    const event = JSON.parse(detail);
    on[event.type]?.(event);
    showMembers();
  });
  socket.addEventListener("state", () => {
    if (socket.state === "open") {
      if (asMember) showTicket();
      return;
    }
    members = []; // nobody knows, while there is no connection
    showMembers();
    putBack();
  });

  join.addEventListener("submit", (submit) => {
    submit.preventDefault();
    enter();
    say.elements.text.focus();
  });

  say.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const text = say.elements.text.value;
    if (socket.send(JSON.stringify({ text }))) {
      unsent = text;
      say.reset();
      showSize();
    } else {
      addLine(part("log"), "note error", ["text", "Not sent: there is no connection. Your text is still below."]);
    }
  });

  function showSize() {
    const size = new TextEncoder().encode(say.elements.text.value).length;
    part("size").textContent = size.toLocaleString("en");
    part("size").parentElement.classList.toggle("over", size > TEXT_MAX_BYTES);
  }
  say.addEventListener("input", showSize);

  const asked = new URLSearchParams(location.search);
  join.elements.name.value = asked.get("name") ?? `guest-${Math.floor(Math.random() * 9000) + 1000}`;
  join.elements.room.value = asked.get("room") ?? "lobby";
  join.elements.member.checked = asked.has("member");
  showConnection(part("connection"), socket, () => join.requestSubmit());
  if (join.reportValidity()) enter();
  else addLine(part("log"), "note error", ["text", "Not joined: a name and a room are 1 to 32 letters, digits, _ or -."]);
}
