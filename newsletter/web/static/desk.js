// Dragging an article to another place in its section. The buttons beside it do the same without a script.
"use strict";

for (const list of document.querySelectorAll("[data-sortable]")) {
  let carried = null;

  for (const item of list.querySelectorAll("[data-article]")) {
    item.draggable = true;
    // A link within would be dragged in place of the article.
    for (const link of item.querySelectorAll("a")) link.draggable = false;
    item.addEventListener("dragstart", (event) => {
      carried = item;
      item.classList.add("carried");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", item.dataset.article);
    });
    item.addEventListener("dragend", () => {
      item.classList.remove("carried");
      carried = null;
    });
  }

  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-article]");
    if (!carried || !over || over.parentNode !== list) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const isBelow = event.clientY > box.top + box.height / 2;
    if (over !== carried) list.insertBefore(carried, isBelow ? over.nextSibling : over);
  });

  list.addEventListener("drop", (event) => {
    if (!carried) return;
    event.preventDefault();
    const form = document.getElementById("order");
    const articles = document.querySelectorAll("[data-sortable] [data-article]");
    const order = Array.from(articles, (each) => each.dataset.article).join(",");
    if (order === form.elements.articles.value) return;
    form.elements.articles.value = order;
    form.submit();
  });
}
