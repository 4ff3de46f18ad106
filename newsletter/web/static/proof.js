/*
 * The proof of work of a form: a small task that costs a reader's browser a moment, and a flood of sign-ups hours.
 *
 * A field with `data-challenge` names where the task is. Its solution (ALTCHA's protocol) is put into the field when
 * somebody begins to fill in the form, or at the latest when they send it in; the element after the field then says
 * what they wait for. The hashes are computed beside the page, some hundred at a time, so the page stays at hand.
 */
"use strict";

const prove = (() => {
  const SLICE = 400;

  async function search({ challenge, maxnumber, salt }) {
    const wanted = Uint8Array.from(challenge.match(/../g), (pair) => parseInt(pair, 16));
    const isWanted = (hash) => new Uint8Array(hash).every((byte, at) => byte === wanted[at]);
    const text = new TextEncoder();
    for (let first = 0; first <= maxnumber; first += SLICE) {
      const numbers = Array.from({ length: Math.min(SLICE, maxnumber + 1 - first) }, (_, at) => first + at);
      const hashes = await Promise.all(
        numbers.map((number) => crypto.subtle.digest("SHA-256", text.encode(salt + number))),
      );
      const found = hashes.findIndex(isWanted);
      if (found >= 0) {
        return numbers[found];
      }
    }
    throw new Error("No number solves the challenge.");
  }

  return async (url) => {
    const answer = await fetch(url, { cache: "no-store", credentials: "omit" });
    if (!answer.ok) {
      throw new Error(`The challenge was answered with ${answer.status}.`);
    }
    const { algorithm, challenge, maxnumber, salt, signature } = await answer.json();
    const number = await search({ challenge, maxnumber, salt });
    return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  };
})();

(() => {
  const FRESH = 8 * 60 * 1000;

  function guard(field) {
    const { form, nextElementSibling: status } = field;
    let begunAt = 0;
    let proof = null;
    let isSending = false;

    function forget() {
      field.value = "";
      status.textContent = "";
      proof = null;
      isSending = false;
    }

    function begin() {
      if (!proof || Date.now() - begunAt > FRESH) {
        begunAt = Date.now();
        proof = prove(field.dataset.challenge).catch(() => {
          // It may go better when the form is sent in; if not, the server says what a form without a proof is worth.
          proof = null;
          return "";
        });
      }
      return proof;
    }

    form.addEventListener("focusin", begin);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isSending) {
        return;
      }
      isSending = true;
      status.textContent = field.dataset.working;
      field.value = await begin();
      HTMLFormElement.prototype.submit.call(form);
    });
    // Whoever comes back to the page has used the proof that was in it.
    window.addEventListener("pageshow", (event) => event.persisted && forget());
  }

  document.querySelectorAll("input[data-challenge]").forEach(guard);
})();
