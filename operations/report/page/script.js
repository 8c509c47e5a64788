"use strict";
const details = document.getElementById("details");
let chosen = null;
function close() { details.hidden = true; if (chosen) chosen.classList.remove("chosen"); chosen = null; }
function tell(thing) {
  close();
  chosen = thing; thing.classList.add("chosen");
  const title = document.createElement("h2"); title.textContent = thing.getAttribute("aria-label");
  const list = document.createElement("dl");
  for (const [name, value] of JSON.parse(thing.dataset.details)) {
    const term = document.createElement("dt"), said = document.createElement("dd");
    term.textContent = name; said.textContent = value; list.append(term, said);
  }
  details.replaceChildren(title, list); details.hidden = false;
}
for (const thing of document.querySelectorAll("[data-details]")) {
  thing.addEventListener("click", () => tell(thing));
  thing.addEventListener("keydown", event => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); tell(thing); }
  });
}
document.addEventListener("keydown", event => { if (event.key === "Escape") close(); });

const data = JSON.parse(document.getElementById("data").textContent);
const map = document.getElementById("map"), view = document.getElementById("view"), search = document.getElementById("search");
let zoomed = [];
function dotted(number) { return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join("."); }
function paint() {
  const rows = zoomed.length ? [zoomed[zoomed.length - 1]] : data.blocks;
  const words = search.value.trim().toLowerCase();
  map.replaceChildren();
  for (const row of rows) {
    const name = document.createElement("p"), bar = document.createElement("div");
    name.className = "row-name"; bar.className = "row";
    name.textContent = row.cidr + " (" + dotted(row.first) + " to " + dotted(row.first + row.size - 1) + ")";
    for (const range of data.ranges) {
      const first = Math.max(range.first, row.first), end = Math.min(range.first + range.size, row.first + row.size);
      if (first >= end) continue;
      const text = range.cidr + " " + range.owner + " " + range.stack, block = document.createElement("button");
      block.type = "button"; block.title = text; block.setAttribute("aria-label", text);
      const share = (end - first) / row.size;
      block.textContent = share > .08 ? range.cidr + " " + range.owner : "";
      block.style.left = Math.min(99, 100 * (first - row.first) / row.size) + "%"; block.style.width = 100 * share + "%";
      if (words && !text.toLowerCase().includes(words)) block.classList.add("faded");
      block.addEventListener("click", () => { zoomed.push(around(range, row)); paint(); });
      bar.append(block);
    }
    map.append(name, bar);
  }
  view.textContent = zoomed.length ? "Zoomed into " + rows[0].cidr : "All private ranges";
  for (const line of document.querySelectorAll("#ranges tr")) line.hidden = words !== "" && !line.textContent.toLowerCase().includes(words);
}
/* One step between what is shown and the range itself: sixteen times as large, or the range. */
function around(range, row) {
  const size = Math.max(range.size, Math.min(row.size / 4, range.size * 16));
  const first = Math.floor(range.first / size) * size;
  return { cidr: dotted(first) + "/" + (32 - Math.log2(size)), first, size };
}
document.getElementById("out").addEventListener("click", () => { zoomed.pop(); paint(); });
search.addEventListener("input", paint);
paint();
