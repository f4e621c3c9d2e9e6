/* Keeps a claim while the page of its case is open and in sight. Without it there is a button. */
(() => {
  "use strict";
  const SECONDS = 30;
  const form = document.querySelector("form[data-stay]");
  if (!form) return;
  const text = form.querySelector("[data-stay-text]");
  const news = document.querySelector("[data-stay-news]");
  const readers = document.querySelector("[data-readers]");

  function say(words) {
    if (news.textContent !== words) news.textContent = words;
    news.hidden = !words;
  }

  async function stay() {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      text.textContent = found.text;
      readers.textContent = found.readers;
      say(found.news);
    } catch {
      say(form.dataset.offline);
    }
  }

  form.querySelector("button").hidden = true;
  setInterval(stay, SECONDS * 1000);
  document.addEventListener("visibilitychange", stay);
})();
