// A list of lines that grows at the end. Text is always set as text: what somebody writes is never read as HTML.

const LINES_MAX = 500;

/** Add a line to a log: `parts` are [class, text] pairs. It stays scrolled to the end, unless somebody scrolled up. */
export function addLine(log, kind, ...parts) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const line = document.createElement("li");
  line.className = kind;
  for (const [name, text] of parts) {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    line.append(span, " ");
  }
  const list = log.querySelector("ol");
  list.append(line);
  while (list.children.length > LINES_MAX) list.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** The time of day of an event, as this reader writes it. */
export function timeOf(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
