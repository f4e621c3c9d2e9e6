/* Makes and shows passkeys. Pages with a code app work without this file. */
(() => {
  "use strict";
  const able =
    "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;
  const ways = {
    make: (options) =>
      navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
      }),
    show: (options) =>
      navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
      }),
  };

  async function ask(button) {
    const form = button.form;
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    const sent = await fetch(button.dataset.options, { method: "POST", body, redirect: "error" });
    if (!sent.ok) throw new Error(String(sent.status));
    const credential = await ways[button.dataset.passkey](await sent.json());
    form.elements[button.dataset.field].value = JSON.stringify(credential);
    form.submit();
  }

  for (const button of document.querySelectorAll("[data-passkey]")) {
    const status = button.form.querySelector("[data-passkey-status]");
    if (!able) {
      status.textContent = status.dataset.unable;
      continue;
    }
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (button.dataset.passkey === "make" && !button.form.reportValidity()) return;
      status.textContent = "";
      button.disabled = true;
      try {
        await ask(button);
      } catch {
        status.textContent = status.dataset.failed;
      }
      button.disabled = false;
    });
  }
})();
