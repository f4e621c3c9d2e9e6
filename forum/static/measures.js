/* Measures on a case, made quicker: ready sentences, words taken from the post, the time to undo. */
(() => {
  "use strict";
  const ready = document.getElementById("ready-sentences");

  for (const choice of document.querySelectorAll("[data-ready-act]")) {
    const box = document.getElementById(choice.dataset.readyBox);
    let filled = "";
    const fill = () => {
      // Words of the moderator's own are never replaced.
      if (!ready || !choice.value || (box.value && box.value !== filled)) return;
      const found = ready.querySelector(
        `[data-act="${choice.dataset.readyAct}"][data-reason="${choice.value}"][data-language="${choice.dataset.language}"]`,
      );
      filled = found ? found.textContent : "";
      box.value = filled;
    };
    choice.addEventListener("change", fill);
    fill();
  }

  for (const button of document.querySelectorAll("[data-cover-from]")) {
    const text = document.querySelector(`#${CSS.escape(button.dataset.coverFrom)} .as-typed`);
    const box = document.getElementById(button.dataset.coverInto);
    // Pressing the button would end the selection.
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      const chosen = window.getSelection();
      if (!text || !chosen.rangeCount || !text.contains(chosen.getRangeAt(0).commonAncestorContainer)) {
        box.focus();
        return;
      }
      const words = chosen.getRangeAt(0).cloneContents();
      // What stands there for screen readers alone is not part of the post.
      for (const hidden of words.querySelectorAll(".vh, .covered")) hidden.remove();
      box.value = words.textContent.trim();
      box.focus();
    });
  }

  for (const offer of document.querySelectorAll("[data-undo]")) {
    const left = offer.querySelector("[data-undo-left]");
    const end = performance.now() + offer.dataset.undo * 1000;
    const timer = setInterval(() => {
      const seconds = Math.ceil((end - performance.now()) / 1000);
      left.textContent = Math.max(0, seconds);
      // Someone who is on the button learns from the server that it was too late.
      if (seconds > 0 || offer.contains(document.activeElement)) return;
      offer.hidden = true;
      clearInterval(timer);
    }, 250);
  }
})();
