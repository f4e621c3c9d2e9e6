/* Brings new words into an open session, without disturbing what is being typed. Without it there is a link. */
(() => {
  "use strict";
  const LOOK_MS = 4000;
  const PATIENCE_MS = 15000;
  const part = document.querySelector("[data-session]");
  if (!part) return;
  const news = document.querySelector("[data-session-news]");
  const numberOfWords = () => part.querySelectorAll("article").length;
  let busy = false;

  function isInUse() {
    // Someone reads or presses something here: it must not go away under them.
    return part.contains(document.activeElement) || part.querySelector("details[open]");
  }

  function isTyping() {
    return [...document.querySelectorAll("main textarea")].some((box) => box.value);
  }

  function show(answer) {
    // The form below opens and closes with the session: that takes the whole page.
    if (answer.getResponseHeader("X-Phase") !== part.dataset.phase && !isTyping()) {
      window.location.reload();
      return;
    }
    const before = numberOfWords();
    part.replaceChildren(...answer.responseXML.body.childNodes);
    part.dataset.mark = answer.getResponseHeader("X-Mark");
    if (numberOfWords() > before) {
      news.textContent = "";
      news.textContent = news.dataset.one;
    }
  }

  function look() {
    if (busy || document.visibilityState !== "visible" || isInUse()) return;
    busy = true;
    // The browser reads the answer as a page by itself: no text is ever made into HTML here.
    const answer = new XMLHttpRequest();
    answer.open("GET", `${part.dataset.session}?mark=${encodeURIComponent(part.dataset.mark)}`);
    answer.responseType = "document";
    answer.timeout = PATIENCE_MS;
    answer.addEventListener("loadend", () => {
      busy = false;
      // Where it fails, the next look may find the way; the link to load again stays.
      if (answer.status === 200 && answer.getResponseHeader("X-Mark") && !isInUse()) show(answer);
    });
    answer.send();
  }

  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
})();
