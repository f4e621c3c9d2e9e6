/* Brings new words into an open session, without disturbing what is being typed. Without it there is a link. */
(() => {
  "use strict";
  const LOOK_MS = 4000;
  const part = document.querySelector("[data-session]");
  if (!part) return;
  const news = document.querySelector("[data-session-news]");
  const numberOfWords = () => part.querySelectorAll("article").length;
  let busy = false;

  function isInUse() {
    // Someone reads or presses something here with the keyboard: it must not go away under them.
    return part.contains(document.activeElement) || part.querySelector("details[open]");
  }

  async function look() {
    if (busy || document.visibilityState !== "visible" || isInUse()) return;
    busy = true;
    try {
      const mark = encodeURIComponent(part.dataset.mark);
      const answer = await fetch(`${part.dataset.session}?mark=${mark}`, { redirect: "error" });
      if (answer.status === 200 && !isInUse()) {
        // The form below opens and closes with the session: that takes the whole page.
        const phase = answer.headers.get("X-Phase");
        if (phase !== part.dataset.phase && !document.querySelector("form textarea")?.value) {
          window.location.reload();
          return;
        }
        const before = numberOfWords();
        const made = new DOMParser().parseFromString(await answer.text(), "text/html");
        part.replaceChildren(...made.body.childNodes);
        part.dataset.mark = answer.headers.get("X-Mark");
        if (numberOfWords() > before) {
          news.textContent = "";
          news.textContent = news.dataset.one;
        }
      }
    } catch {
      // The next look may find the way; the link to load again stays.
    }
    busy = false;
  }

  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
})();
