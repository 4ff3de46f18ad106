// Sends the sign-up form without leaving the page, and shows the answer in its place. Without it the form works too.
(() => {
  "use strict";
  const our = {{ facts | tojson }};
  const me = document.currentScript;
  let count = 0;

  const make = (tag, attributes, ...inside) => {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    made.append(...inside);
    return made;
  };
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const ask = (url, more) => fetch(url, { credentials: "omit", headers: { Accept: "application/json" }, ...more });

  // A sheet that is made this way needs no exception from the page's content security policy.
  const dress = () => {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(our.css);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    } catch (error) {
      document.head.append(make("style", {}, our.css));
    }
  };

  const build = () =>
    make("form", { class: "newsletter-form", method: "post", action: our.subscribe, lang: our.lang, dir: our.dir, "data-newsletter": "built" },
      make("label", {}, `${our.words.address} `,
        make("input", { name: "email", type: "email", autocomplete: "email", maxlength: 254, required: "" })),
      make("button", {}, our.words.button),
      make("small", {}, our.words.after));

  const enhance = (form) => {
    const id = `newsletter-${our.slug}-${++count}`;
    const answer = make("div", { class: "newsletter-answer", id, role: "status", tabindex: -1, lang: our.lang, dir: our.dir });
    // It takes the focus to be read out; there is nothing to press in it itself.
    answer.style.outline = "none";
    let hidden, opened, isBusy, wrong, proof, proved = 0;

    const clear = () => {
      answer.replaceChildren();
      if (wrong) ["aria-invalid", "aria-describedby"].forEach((name) => wrong.removeAttribute(name));
      wrong = null;
    };
    const tell = (title, text, ...more) => {
      clear();
      answer.append(make("strong", {}, title), make("p", {}, text), ...more);
      answer.focus();
    };

    // The hidden fields are fetched when somebody begins, so that pages which are only read ask nothing.
    const fetchFields = async () => {
      const got = await Promise.race([ask(our.fields).then((answered) => answered.json()), pause(5000)]).catch(() => null);
      const fields = Object.entries(got && got.stamp ? got : {}).map(([name, value]) =>
        make("input", value ? { type: "hidden", name, value } : { name, tabindex: -1, autocomplete: "off" }));
      const holder = make("div", { "aria-hidden": "true" }, ...fields);
      holder.style.cssText = "position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)";
      form.append(holder);
      opened = Date.now();
      return holder;
    };
    // Where a proof of work is asked for, its solver is loaded then, too. A proof works for ten minutes.
    const prove = () => {
      if (our.solver && Date.now() - proved > 48e4) {
        proved = Date.now();
        proof = import(our.solver).then((solver) => solver.prove(our.challenge)).catch(() => (proved = 0) || "");
      }
      return proof;
    };
    const prepare = () => {
      prove();
      return hidden || (hidden = fetchFields());
    };
    const renew = async () => {
      proved = 0;
      if (hidden) (await hidden).remove();
      hidden = null;
    };

    const send = async (keep, address) => {
      if (isBusy) return;
      isBusy = true;
      clear();
      answer.append(our.words.wait);
      // The button that was pressed is gone.
      if (keep) answer.focus();
      if (opened && Date.now() - opened > 72e6) await renew();
      await prepare();
      // Who fills in a form by the browser's memory is as fast as a machine.
      await pause(opened + 2100 - Date.now());
      const body = new URLSearchParams(new FormData(form));
      const solution = await prove();
      if (solution) body.set("altcha", solution);
      if (keep) {
        body.set("keep", keep);
        body.set("email", address);
      }
      let answered;
      try {
        answered = await ask(form.getAttribute("action"), { method: "POST", body });
      } catch (error) {
        if (navigator.onLine) HTMLFormElement.prototype.submit.call(form);
        else tell(our.words.offline, our.words.later);
      }
      if (answered) await show(answered, (body.get("email") || "").trim());
      isBusy = false;
    };

    const choice = (keep, address, typed) => {
      const button = make("button", { type: "button", class: `newsletter-${keep}` }, our.words[keep].split("%").join(address));
      button.onclick = () => send(keep, typed);
      return button;
    };
    const show = async (answered, typed) => {
      const told = await answered.json().catch(() => ({}));
      if (answered.status === 202) {
        form.replaceChildren(answer);
        tell(told.title, told.text);
      } else if (told.suggestion) {
        tell(told.title, told.text,
          choice("suggested", told.suggestion, typed), choice("typed", typed, typed));
      } else if (told.errors) {
        const [{ field }] = told.errors;
        tell(told.title, told.errors.map((each) => each.detail).join(" "));
        wrong = form.querySelector(`[name="${field}"]`);
        if (wrong) {
          wrong.setAttribute("aria-invalid", "true");
          wrong.setAttribute("aria-describedby", id);
          wrong.focus();
        } else await renew();
      } else tell(our.words.failed, our.words.ours);
    };

    form.dataset.newsletter = form.dataset.newsletter || "found";
    form.dataset.ready = "";
    form.noValidate = true;
    form.append(answer);
    form.addEventListener("focusin", prepare);
    form.addEventListener("input", clear);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
  };

  const start = () => {
    const ours = () => [...document.querySelectorAll("form")].filter((form) => (form.getAttribute("action") || "").startsWith(our.subscribe));
    if (ours().every((form) => form.dataset.newsletter === "built") && me && document.body.contains(me)) me.after(build());
    const forms = ours().filter((form) => !("ready" in form.dataset));
    if (forms.length) dress();
    forms.forEach(enhance);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
