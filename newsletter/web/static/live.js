// Figures of an edition on its way: listens to the server's events, and asks every two seconds where it has no seat.
"use strict";

(() => {
  const figures = document.getElementById("figures");
  const controls = document.getElementById("controls");

  const replace = (part, html) => {
    const hadFocus = part.contains(document.activeElement);
    part.innerHTML = html;
    if (hadFocus) part.querySelector("button, summary")?.focus();
  };

  const poll = () => {
    figures.setAttribute("hx-get", figures.dataset.figures);
    figures.setAttribute("hx-trigger", "every 2s");
    figures.setAttribute("hx-swap", "innerHTML");
    window.htmx.process(figures);
  };

  const source = new EventSource(figures.dataset.stream);
  source.addEventListener("figures", (event) => replace(figures, event.data));
  source.addEventListener("controls", (event) => replace(controls, event.data));
  source.addEventListener("over", () => source.close());
  source.addEventListener("error", () => {
    // After a minute, and while the server starts again, the browser comes back by itself.
    if (source.readyState === EventSource.CLOSED) poll();
  });
  window.addEventListener("pagehide", () => source.close());
})();
