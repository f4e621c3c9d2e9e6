/* Tells that cases came or changed, by a stream or by asking. The list itself stays as it is. */
(() => {
  "use strict";
  const ASK_MS = 20000;
  const FIRST_WORD_MS = 8000;
  const STREAM_AGAIN_MS = 300000;
  const MOST = 99;
  const line = document.querySelector("[data-live]");
  if (!line) return;
  const words = line.querySelector("[data-live-words]");
  const link = line.querySelector("a");
  const title = document.title;
  let since = line.dataset.since;
  let stream = null;
  let timers = [];

  const address = (path) => `${path}?since=${encodeURIComponent(since)}`;
  const count = (template, number) => template.replace("#", number > MOST ? `${MOST}+` : number);

  function say(text, news) {
    if (words.textContent !== text) words.textContent = text;
    link.hidden = !news;
    document.title = news ? `(${news > MOST ? `${MOST}+` : news}) ${title}` : title;
    line.classList.toggle("new", Boolean(news));
    line.hidden = false;
  }

  function show(news) {
    since = since || news.since || "";
    if (news.new === null) {
      say(line.dataset.unknown, 0);
      return;
    }
    const parts = [];
    if (news.new) parts.push(count(line.dataset.new, news.new));
    if (news.changed) parts.push(count(line.dataset.changed, news.changed));
    say(parts.join(", ") || line.dataset.none, news.new + news.changed);
  }

  function stop() {
    if (stream) stream.close();
    stream = null;
    for (const timer of timers) clearInterval(timer);
    timers = [];
  }

  function over() {
    stop();
    document.removeEventListener("visibilitychange", start);
    say(line.dataset.over, 0);
  }

  async function ask() {
    try {
      const answer = await fetch(address(line.dataset.look), { redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 403) over();
      else if (!answer.ok) throw new Error(String(answer.status));
      else show(await answer.json());
    } catch {
      say(line.dataset.unknown, 0);
    }
  }

  function askAgainAndAgain() {
    stop();
    ask();
    timers = [setInterval(ask, ASK_MS), setTimeout(start, STREAM_AGAIN_MS)];
  }

  function listen() {
    const mine = new EventSource(address(line.dataset.live));
    stream = mine;
    // A proxy may take the stream and hold back what it says.
    timers = [setTimeout(askAgainAndAgain, FIRST_WORD_MS)];
    mine.addEventListener("message", (event) => {
      clearTimeout(timers[0]);
      show(JSON.parse(event.data));
    });
    mine.addEventListener("full", askAgainAndAgain);
    mine.addEventListener("over", over);
    mine.addEventListener("error", () => {
      if (stream !== mine) return;
      if (mine.readyState === EventSource.CLOSED) askAgainAndAgain();
      // The browser comes again by itself; whether Teduh can be reached, a question tells.
      else ask();
    });
  }

  function start() {
    stop();
    if (document.visibilityState === "visible") listen();
  }

  document.addEventListener("visibilitychange", start);
  window.addEventListener("pagehide", stop);
  start();
})();
