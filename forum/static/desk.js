/* Single letters as commands on staff pages. Not loaded for those who have switched them off. */
(() => {
  "use strict";
  const TYPED_INTO = "input, select, textarea, [contenteditable]";
  const FIELDS = "textarea, select, input:not([type=hidden])";
  const help = document.getElementById("keys");
  let leaving = false;

  const inSight = (element) => element.getClientRects().length > 0;

  // The list beside a case goes before others; on a narrow screen it is there and not in sight.
  function list() {
    const beside = [...document.querySelectorAll(".split .list .queue a")];
    return beside.length ? beside : [...document.querySelectorAll("main .queue a")];
  }

  function move(step) {
    const links = list();
    if (!links.length) return;
    let at = links.indexOf(document.activeElement);
    if (at < 0) at = links.findIndex((link) => link.ariaCurrent === "page");
    if (at < 0 && step < 0) at = links.length;
    const next = links[Math.min(Math.max(at + step, 0), links.length - 1)];
    if (inSight(next)) next.focus();
    else if (next.ariaCurrent !== "page") next.click();
  }

  // What is skipped is noted, so that it is not dealt again; where nothing is to skip, it leads on.
  function skip() {
    const links = list();
    const at = links.findIndex((link) => link.ariaCurrent === "page");
    const next = at < 0 ? null : links[at + 1];
    (document.querySelector("[data-key=s]") || next)?.click();
  }

  function use(place) {
    if (place.matches("a, button")) {
      place.click();
      return;
    }
    for (let part = place; part; part = part.parentElement) {
      if (part.matches("details")) part.open = true;
    }
    const folded = place.querySelector(":scope > details:not([open])");
    if (folded) folded.open = true;
    const field = [...place.querySelectorAll(FIELDS)].find(inSight);
    (field || place.querySelector("summary, button, a"))?.focus();
  }

  document.addEventListener("submit", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || leaving) return;
    if (event.defaultPrevented || help.open || target.closest?.(TYPED_INTO)) return;
    if (key === "j" || key === "k") {
      event.preventDefault();
      move(key === "j" ? 1 : -1);
      return;
    }
    if (event.repeat) return;
    if (key === "?") {
      event.preventDefault();
      help.showModal();
    } else if (key === "s") {
      event.preventDefault();
      skip();
    } else if (/^[a-z]$/.test(key)) {
      const place =
        document.querySelector(`.post.flagged [data-key=${key}]`) ||
        document.querySelector(`[data-key=${key}]`);
      if (!place) return;
      // What the key stands for must not be typed into the field that it leads to.
      event.preventDefault();
      use(place);
    }
  });

  for (const button of document.querySelectorAll("[data-keys]")) {
    button.addEventListener("click", () => (help.open ? help.close() : help.showModal()));
  }
})();
