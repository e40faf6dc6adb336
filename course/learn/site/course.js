// What the theme leaves out for those who use a keyboard or a screen reader, or who see less well. It adds parts while a
// page is read, so this looks again whenever something is added.
const search = [...document.querySelectorAll("body > div")].find((each) => each.shadowRoot)?.shadowRoot;

function complete() {
  document.querySelectorAll(".md-code__nav").forEach((buttons, number) => {
    buttons.ariaLabel = `For listing ${number + 1}`;
  });
  for (const part of document.querySelectorAll("nav[aria-labelledby]")) {
    part.removeAttribute("aria-labelledby"); // by an icon, which has no name
    part.ariaLabel = part.querySelector("label").textContent.trim();
  }
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
  search?.querySelectorAll("div[tabindex='-1']").forEach((results) => (results.tabIndex = 0));
}

const observer = new MutationObserver(complete);
for (const place of [document.body, search]) {
  if (place) observer.observe(place, { childList: true, subtree: true });
}
addEventListener("resize", complete);
complete();

if (search) {
  const style = document.createElement("style");
  style.textContent = "[id$='-path'] li { color: rgb(var(--color-foreground)); opacity: 0.8; }";
  search.append(style);
}
