/* Makes working pages quicker. Nothing on Teduh needs this file. */
(() => {
  "use strict";
  const exit = document.querySelector("[data-exit]");
  const status = document.querySelector("[data-exit-status]");
  const WINDOW = 5000;
  let presses = [];
  let cover = null;
  let mayGo = false;

  function leave(event) {
    if (event) event.preventDefault();
    mayGo = true;
    // On a slow line the next page takes seconds, and a glance takes less.
    cover = document.createElement("div");
    cover.className = "cover";
    document.body.append(cover);
    document.title = "…";
    status.textContent = status.dataset.now;
    window.location.replace(exit.href);
  }

  if (exit) {
    exit.addEventListener("click", leave);
    document.addEventListener("keyup", (event) => {
      if (event.key !== "Shift") {
        presses = [];
        return;
      }
      presses = presses.filter((at) => event.timeStamp - at < WINDOW);
      presses.push(event.timeStamp);
      if (presses.length >= 3) leave();
      else status.textContent = presses.length === 2 ? status.dataset.one : status.dataset.two;
    });
    // Back from the browser's memory: the page is whole again.
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      if (cover) cover.remove();
      mayGo = true;
      window.location.reload();
    });
  }

  // Words that were typed and not sent: the browser asks before they are lost. A call leaves no page.
  const main = document.querySelector("main");
  let sent = null;
  let isCall = false;
  document.addEventListener("submit", (event) => {
    sent = event.defaultPrevented ? null : event.target;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    isCall = Boolean(link) && !link.protocol.startsWith("http");
  });
  window.addEventListener("beforeunload", (event) => {
    const isUnsent = (box) =>
      box.form !== sent && box.value.trim() && ("unsent" in main.dataset || box.value !== box.defaultValue);
    const isFree = mayGo || isCall;
    const isLoss = !isFree && [...main.querySelectorAll("textarea:not([readonly])")].some(isUnsent);
    sent = null;
    isCall = false;
    if (!isLoss) return;
    event.preventDefault();
    // Browsers of before 2024 know only this.
    event.returnValue = true;
  });

  // A copy of the help page for when there is no connection; where that is off, none stays.
  const {keeper, help} = document.currentScript.dataset;
  if ("serviceWorker" in navigator && keeper) {
    const policy = window.trustedTypes && trustedTypes.createPolicy("teduh-keeper", {createScriptURL: () => keeper});
    navigator.serviceWorker.register(policy ? policy.createScriptURL("") : keeper, {scope: help}).catch(() => {});
  } else if ("serviceWorker" in navigator && help) {
    navigator.serviceWorker.getRegistration(help).then((found) => found && found.unregister());
    caches.keys().then((names) => names.forEach((name) => caches.delete(name)));
  }

  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  for (const box of document.querySelectorAll("[data-reveal]")) {
    const field = document.getElementById(box.dataset.reveal);
    box.addEventListener("change", () => {
      field.type = box.checked ? "text" : "password";
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
  const summary = document.querySelector(".summary");
  if (summary) summary.focus();
})();
