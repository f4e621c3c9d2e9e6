/* Does the sum that a form asks for while many knock (ALTCHA 2, PBKDF2). Without it the form works too. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-proof]");
  // Browsers do sums only over HTTPS and on this machine.
  if (!form || !window.crypto || !crypto.subtle) return;
  const challenge = JSON.parse(form.dataset.proof);
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const status = form.querySelector("[data-proof-status]");
  const MOST = 2000;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  async function derive(counter) {
    const password = new Uint8Array(20);
    password.set(bytes(nonce));
    new DataView(password.buffer).setUint32(16, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
    return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
  }

  async function solve() {
    for (let counter = 0; counter < MOST; counter += 1) {
      const derivedKey = await derive(counter);
      if (derivedKey.startsWith(keyPrefix)) {
        form.elements.proof.value = btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
        return;
      }
    }
  }

  let done = false;
  const work = solve()
    .catch(() => {})
    .finally(() => {
      done = true;
      status.textContent = status.dataset.done;
    });
  form.addEventListener("submit", (event) => {
    if (done) return;
    event.preventDefault();
    status.textContent = status.dataset.wait;
    work.then(() => form.requestSubmit(event.submitter));
  });
})();
