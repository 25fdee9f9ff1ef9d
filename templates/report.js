// What the page does beyond standing there: copies, changes its language, opens what a link leads to, and finds (find.js).
// All of it can be read without.
"use strict";

const COPIED = ".filter, .command, .spellings code, .pem";
const COPIED_FOR = 2500;

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
  const done = await put(button.previousElementSibling);
  const word = say(done ? "copied" : "selected");
  button.dataset.word = word;
  button.classList.toggle("done", done);
  document.getElementById("copied").textContent = word;
  clearTimeout(button.shown);
  button.shown = setTimeout(() => {
    button.dataset.word = say("copy");
    button.classList.remove("done");
    document.getElementById("copied").textContent = "";
  }, COPIED_FOR);
}

// A page opened as a file may not be allowed to use the clipboard. What is selected is copied by the browser then, or
// stays selected for the keyboard; the focus stays on the button.
async function put(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
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
      for (const name of ["aria-label", "data-label", "placeholder"]) {
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

function follow(box, find, go) {
  if (location.hash.startsWith("#find=")) {
    try {
      box.value = decodeURIComponent(location.hash.slice(6));
    } catch {
      box.value = "";
    }
    find();
    go(1);
    return;
  }
  const target = document.getElementById(location.hash.slice(1));
  for (let part = target; part; part = part.parentElement) {
    if (part.matches("details")) part.open = true;
    part.classList.remove("unfound");
  }
  if (target) bring(target, "start");
}

const box = document.getElementById("find");
for (const id of ["switch", "search"]) document.getElementById(id).hidden = false;
copyButtons(document);
document.addEventListener("toggle", (event) => copyButtons(event.target), true);
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
});
const { find, go, forget } = prepareFind(box);
prepareSwitch(document.getElementById("switch"), forget);
addEventListener("hashchange", () => follow(box, find, go));
if (location.hash) follow(box, find, go);
