"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const buttons = Array.from(document.querySelectorAll("#items button"));
const box = document.getElementById("browser");

async function start() {
  const browser = await igv.createBrowser(box, {
    reference: { id: "sample", name: "reference", fastaURL: data.reference, indexed: false },
    loadDefaultGenomes: false,
    locus: data.items[0].locus,
    showSVGButton: false,
    tracks: [
      { name: "Exons", type: "annotation", format: "bed", features: data.exons, displayMode: "EXPANDED", height: 60 },
      { name: "Reads", type: "alignment", format: "bam", url: data.reads, indexed: false, showSoftClips: true,
        visibilityWindow: 1000000, height: 420 },
    ],
  });
  buttons.forEach((button, at) => button.addEventListener("click", () => show(browser, at)));
  mark(0);
}

async function show(browser, at) {
  mark(at);
  await browser.search(data.items[at].locus);
}

function mark(at) {
  buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === at)));
}

start();
