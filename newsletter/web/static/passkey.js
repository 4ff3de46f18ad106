// Asks the browser for a passkey, and puts its answer into the form. Without it the other ways in are still there.
"use strict";

(() => {
  if (!window.PublicKeyCredential) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  // What the server says in JSON, as the browser wants it: bytes where JSON has base64url.
  const understood = (asked) => {
    const wanted = { ...asked, challenge: bytes(asked.challenge) };
    if (asked.user) wanted.user = { ...asked.user, id: bytes(asked.user.id) };
    if (asked.excludeCredentials) wanted.excludeCredentials = named(asked.excludeCredentials);
    return wanted;
  };

  const told = (credential) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = text(credential.response[part]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  const options = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("no challenge");
    return answer.json();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const said = form.querySelector("[data-failed]");
    const button = form.querySelector("button");
    form.hidden = false;
    for (const words of document.querySelectorAll("[data-no-passkeys]")) words.hidden = true;

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      said.textContent = "";
      button.disabled = true;
      try {
        const publicKey = understood(await options(form));
        form.elements.answer.value = told(await navigator.credentials[form.dataset.passkey]({ publicKey }));
        form.submit();
      } catch {
        said.textContent = said.dataset.failed;
      }
      form.elements.answer.value = "";
      button.disabled = false;
    });
  }
})();
