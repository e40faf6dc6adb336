// The line that shows how a socket is doing, and the two buttons beside it.

const WORDS = { closed: "Disconnected", connecting: "Connecting …", open: "Connected" };

/** Fill `element` with the state of a LiveSocket, and keep it true. `reopen` runs when somebody wants back in. */
export function showConnection(element, socket, reopen) {
  element.append(document.querySelector("#connection").content.cloneNode(true));
  const part = (name) => element.querySelector(`[data-${name}]`);
  let frame = 0;

  part("retry").onclick = () => socket.retry();
  part("toggle").onclick = () => (socket.state === "closed" ? reopen() : socket.close());

  function countDown() {
    const passed = performance.now() - socket.waitingSince;
    part("progress").value = Math.min(passed / socket.pauseMs, 1);
    part("countdown").textContent = `Try ${socket.tries} in ${(Math.max(socket.pauseMs - passed, 0) / 1000).toFixed(1)} s`;
    if (socket.state === "waiting") frame = requestAnimationFrame(countDown);
  }

  function show() {
    const waiting = socket.state === "waiting";
    element.dataset.state = socket.state;
    // A screen reader reads this line out, so it changes once per try; the countdown beside it is for eyes alone.
    part("state").textContent = waiting ? `No connection (${socket.lastClose})` : WORDS[socket.state];
    part("progress").hidden = part("retry").hidden = !waiting;
    part("toggle").textContent = socket.state === "closed" ? "Connect" : "Disconnect";
    part("countdown").textContent = "";
    cancelAnimationFrame(frame);
    if (waiting) countDown();
  }

  socket.addEventListener("state", show);
  addEventListener("online", () => socket.retry());
  show();
}
