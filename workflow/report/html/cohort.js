"use strict";
const body = document.querySelector("#cohort tbody");
const rows = Array.from(body.rows);
const heads = Array.from(document.querySelectorAll("#cohort thead th"));
const search = document.getElementById("search");
const verdict = document.getElementById("verdict");
const count = document.getElementById("count");
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
const order = new Intl.Collator("en", { numeric: true });

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = texts.get(row);
    const fits = (!verdict.value || row.dataset.verdict === verdict.value) && words.every((word) => text.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = shown + " of " + rows.length + " shown";
}

function sort(column) {
  const down = heads[column].getAttribute("aria-sort") === "ascending";
  const keys = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
  rows.sort((a, b) => (down ? -1 : 1) * order.compare(keys.get(a), keys.get(b)));
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...rows);
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
search.addEventListener("input", filter);
verdict.addEventListener("change", filter);
filter();
