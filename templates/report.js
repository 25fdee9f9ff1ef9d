// What the page does beyond standing there: copies, finds, and opens what a link leads to. All of it can be read without.
"use strict";

const COPIED = ".filter, .command, .spellings code, .pem";
const FOUND = "#findings article, #findings .line, #findings .context tbody tr, #connections .connection, #connections .connection tbody tr";

// What the script says stands in the page as well, so that it changes its language with the rest.
function say(id, values = {}) {
  return document.getElementById(`say-${id}`).textContent.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A large report holds thousands of filters: buttons are made for those that can be seen, when they can be.
function copyButtons(part) {
  for (const code of part.querySelectorAll(COPIED)) {
    if (code.parentElement.matches(".copyable") || code.closest("details:not([open])")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    const beside = document.createElement("span");
    beside.className = code.matches(".command, .pem") ? "copyable block" : "copyable";
    code.replaceWith(beside);
    beside.append(code, button);
    labelCopyButton(button);
  }
}

function labelCopyButton(button) {
  const code = button.previousElementSibling;
  button.dataset.word = say("copy"); // drawn by the style: no text that a search would find
  button.setAttribute("aria-label", say("copies", { what: code.matches(".pem") ? say("certificate") : code.textContent }));
}

async function copy(button) {
  await put(button.previousElementSibling.textContent);
  button.dataset.word = say("copied");
  setTimeout(() => { button.dataset.word = say("copy"); }, 1500);
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

// What can be found, read at the first look only: of a large report that takes a while.
function readItems() {
  return [...document.querySelectorAll(FOUND)].map((item) => {
    const text = plain(item.textContent);
    return { item, text, serial: text.replace(/[:\s]/g, "") };
  });
}

function prepareFind(box) {
  const parts = [...document.querySelectorAll("#findings > h3, #connections > .peer")];
  const state = document.getElementById("found");
  let items = null;

  function find() {
    items ??= readItems();
    const wanted = plain(box.value);
    const serial = digits(box.value);
    let shown = 0;
    for (const it of items) {
      const fits = !wanted || it.text.includes(wanted) || (serial !== null && it.serial.includes(serial));
      it.item.classList.toggle("unfound", !fits);
      shown += fits;
    }
    for (const part of parts) {
      part.classList.toggle("unfound", part.matches(".peer") && !part.querySelector(".connection:not(.unfound)"));
    }
    state.textContent = wanted ? say("found", { shown, all: items.length }) : "";
    const hash = wanted ? `#find=${encodeURIComponent(box.value)}` : "";
    if (hash || location.hash.startsWith("#find=")) history.replaceState(null, "", hash || location.pathname);
  }

  box.addEventListener("input", find);
  return {
    find,
    forget() {
      items = null;
      if (box.value) find();
    },
  };
}

// The table of twins is by texts without their numbers, times, addresses and serials.
const NUMBER = /[0-9](?:[0-9A-Za-z.:-]*[0-9A-Za-z])?/g;

// What the other language says instead of a text, in the order in which the texts stand in the page.
function readTwins() {
  const twins = new Map(Object.entries(JSON.parse(document.getElementById("switched").textContent)));
  const met = new Map();
  return (text) => {
    const numbers = [...new Set(text.match(NUMBER))];
    const bare = text.replace(NUMBER, "\ue000");
    let twin = twins.get(bare);
    if (Array.isArray(twin)) {
      const times = met.get(bare) ?? 0;
      met.set(bare, times + 1);
      twin = twin[0][twin[1].charCodeAt(times) - 48];
    }
    return twin?.replace(/[\ue000-\uf8ff]/g, (place) => numbers[place.charCodeAt(0) - 0xe000]);
  };
}

// Each text and label that changes with the language, with both.
function readSwitched() {
  const twinOf = readTwins();
  const found = [];
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.nodeType === Node.TEXT_NODE) {
      const own = node.data.trim();
      const twin = own && twinOf(own);
      if (!twin) continue;
      const both = [node.data, node.data.replace(own, () => twin)];
      found.push((language) => { node.data = both[language]; });
    } else if (!node.matches(".copy")) {
      for (const name of ["aria-label", "data-label"]) {
        const own = node.getAttribute(name);
        const twin = own && twinOf(own);
        if (twin) found.push((language) => node.setAttribute(name, language ? twin : own));
      }
    }
  }
  return found;
}

function prepareSwitch(button, forget) {
  const codes = [document.documentElement.lang, button.lang];
  let switched = null;
  let language = 0;
  button.addEventListener("click", () => {
    switched ??= readSwitched();
    language = 1 - language;
    for (const show of switched) show(language);
    document.documentElement.lang = codes[language];
    button.lang = codes[1 - language];
    document.querySelectorAll(".copy").forEach(labelCopyButton);
    forget();
  });
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

const box = document.getElementById("find");
document.getElementById("tools").hidden = false;
copyButtons(document);
document.addEventListener("toggle", (event) => copyButtons(event.target), true);
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});
const { find, forget } = prepareFind(box);
prepareSwitch(document.getElementById("switch"), forget);
addEventListener("hashchange", () => follow(box, find));
if (location.hash) follow(box, find);
