// What the page does beyond standing there: copies, finds, and opens what a link leads to. All of it can be read without.
"use strict";

const FOUND = "#findings article, #findings .line, #findings .context tbody tr, #connections .connection, #connections .connection tbody tr";

function copyButtons() {
  for (const code of document.querySelectorAll(".filter, .command, .spellings code, .pem")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.setAttribute("aria-label", `Copy ${code.classList.contains("pem") ? "the certificate" : code.textContent}`);
    button.addEventListener("click", async () => {
      await put(code.textContent);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    const beside = document.createElement("span");
    beside.className = getComputedStyle(code).display === "block" ? "copyable block" : "copyable";
    code.replaceWith(beside);
    beside.append(code, button);
  }
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page opened as a file may not be allowed to
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function plain(text) {
  return text.toLowerCase().replace(/\s+/g, " ").trim();
}

// A serial is spelt with colons, blanks, 0x or leading zeros, or without: only its digits count.
function digits(text) {
  const bare = text.toLowerCase().replace(/[\s:]/g, "").replace(/^0x/, "").replace(/^0+(?=.)/, "");
  return /^[0-9a-f]{6,}$/.test(bare) ? bare : null;
}

function prepareFind(box) {
  const items = [...document.querySelectorAll(FOUND)];
  const texts = items.map((item) => plain(item.textContent));
  const serials = texts.map((text) => text.replace(/[:\s]/g, ""));
  const parts = [...document.querySelectorAll("#findings > h3, #connections > .peer")];
  const state = document.getElementById("found");

  function find() {
    const wanted = plain(box.value);
    const serial = digits(box.value);
    let shown = 0;
    items.forEach((item, index) => {
      const fits = !wanted || texts[index].includes(wanted) || (serial !== null && serials[index].includes(serial));
      item.classList.toggle("unfound", !fits);
      shown += fits;
    });
    for (const part of parts) {
      part.classList.toggle("unfound", part.matches(".peer") && !part.querySelector(".connection:not(.unfound)"));
    }
    state.textContent = wanted ? `${shown} of ${items.length} findings, connections and rows` : "";
    const hash = wanted ? `#find=${encodeURIComponent(box.value)}` : "";
    if (hash || location.hash.startsWith("#find=")) history.replaceState(null, "", hash || location.pathname);
  }

  box.addEventListener("input", find);
  return find;
}

function follow(box, find) {
  if (location.hash.startsWith("#find=")) {
    try {
      box.value = decodeURIComponent(location.hash.slice(6));
    } catch {
      box.value = "";
    }
    find();
    return;
  }
  const target = document.getElementById(location.hash.slice(1));
  for (let part = target; part; part = part.parentElement) {
    if (part.matches("details")) part.open = true;
    part.classList.remove("unfound");
  }
  if (target) target.scrollIntoView();
}

const search = document.getElementById("search");
const box = search.querySelector("input");
search.hidden = false;
copyButtons();
const find = prepareFind(box);
addEventListener("hashchange", () => follow(box, find));
if (location.hash) follow(box, find);
