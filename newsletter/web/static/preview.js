// The preview follows what is typed: a moment after the last key, the newest alone. Without a script a button does it.
"use strict";

(() => {
  const PAUSE = 600;
  const form = document.querySelector("form[data-preview]");
  const stage = document.getElementById("stage");
  const look = form.querySelector("button[formtarget]");
  let waiting = 0;
  let coming = null;
  let number = 0;
  let isOurs = false;

  // Each look gets a frame of its own: taking the last one away ends what it still waits for, the one that is seen
  // stays until the next is there, and no look becomes a step for the button Back.
  const show = () => {
    window.clearTimeout(waiting);
    coming?.remove();
    const frame = stage.firstElementChild.cloneNode(false);
    frame.name = `stage-${++number}`;
    frame.className = "coming";
    stage.append(frame);
    stage.setAttribute("aria-busy", "true");
    coming = frame;
    frame.addEventListener("load", () => {
      if (coming !== frame) return;
      stage.firstElementChild.remove();
      frame.className = "";
      stage.removeAttribute("aria-busy");
      coming = null;
    });
    look.formTarget = frame.name;
    isOurs = true;
    form.requestSubmit(look);
    isOurs = false;
  };

  const soon = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(show, PAUSE);
  };

  form.addEventListener("input", (event) => {
    // Half an address is nobody's.
    if (event.target.name !== "reader") soon();
  });
  form.elements.reader.addEventListener("change", soon);
  form.addEventListener("submit", (event) => {
    if (event.submitter !== look || isOurs) return;
    event.preventDefault();
    show();
  });
  document.querySelector(".hint.live").hidden = false;
  show();
})();
