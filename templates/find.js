// Finds a text: marks it, goes from one place that holds it to the next, and hides the findings and connections without it.
"use strict";

const HIDEABLE = "#findings article, #findings .line, #findings .context tbody tr, .peer, .connection, .connection .record tbody tr";
const NOWHERE = "svg, thead, .unseen, .paper, .only";
const PLACES = new Set(["H2", "H3", "H4", "P", "LI", "DT", "DD", "TH", "TD", "CAPTION", "SUMMARY", "FIGCAPTION", "DIV"]);
const MAX_MARKS = 500;

// The smallest parts that a text is told in, in their order, and the hideable parts that hold them. Of a large report
// that takes a while, so they are read when the box is entered.
function readPlaces() {
  const main = document.getElementById("main");
  const items = new Map([...main.querySelectorAll(HIDEABLE)].map((element) => [element, { element, fits: true }]));
  const skipped = new Set(main.querySelectorAll(NOWHERE));
  const places = [];
  function read(element, place, item) {
    for (let node = element.firstChild; node; node = node.nextSibling) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (place) place.texts.push(node);
      } else if (node.nodeType === Node.ELEMENT_NODE && !skipped.has(node)) {
        const own = items.get(node);
        if (own) own.within = item;
        const inner = PLACES.has(node.tagName) ? { element: node, item: own ?? item, texts: [], text: "" } : place;
        if (inner !== place) places.push(inner);
        read(node, inner, own ?? item);
      }
    }
  }
  read(main, null, null);
  for (const place of places) place.text = place.texts.map((text) => text.data).join("");
  return { items: [...items.values()], places: places.filter((place) => /\S/.test(place.text)) };
}

// A serial is spelt with colons, blanks, 0x or leading zeros, or without: only its digits count.
function digits(text) {
  const bare = text.toLowerCase().replace(/[\s:]/g, "").replace(/^0x/, "").replace(/^0+(?=.)/, "");
  return /^[0-9a-f]{6,}$/.test(bare) ? bare : null;
}

function patternOf(text) {
  const words = text.trim().split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  if (!words[0]) return null;
  const serial = digits(text);
  return new RegExp(serial ? `${words.join("\\s+")}|${[...serial].join("[\\s:]*")}` : words.join("\\s+"), "gi");
}

// Where a pattern stands in a place. Static ranges: the texts are moved when copy buttons are made.
function* rangesIn(place, pattern) {
  for (const match of place.text.matchAll(pattern)) {
    const ends = [];
    let passed = 0;
    for (const text of place.texts) {
      const length = text.data.length;
      if (ends.length === 0 && match.index < passed + length) ends.push([text, match.index - passed]);
      const end = match.index + match[0].length;
      if (end <= passed + length) {
        ends.push([text, end - passed]);
        break;
      }
      passed += length;
    }
    const [[startContainer, startOffset], [endContainer, endOffset]] = ends;
    yield new StaticRange({ startContainer, startOffset, endContainer, endOffset });
  }
}

// Highlights leave the page's nodes alone. A browser without them shows the outline of the place all the same.
function mark(name, places, pattern) {
  if (!CSS.highlights) return;
  const marks = new Highlight();
  for (const place of places) {
    for (const range of rangesIn(place, pattern)) {
      if (marks.size === MAX_MARKS) break;
      marks.add(range);
    }
    if (marks.size === MAX_MARKS) break;
  }
  CSS.highlights.set(name, marks);
}

// What is not on the screen is laid out when it comes there, and pushes away what was gone to: so that is brought twice.
let brought = null;
function bring(element, block) {
  brought = element;
  element.scrollIntoView({ block });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (brought === element) element.scrollIntoView({ block });
  }));
}

function prepareFind(box) {
  const state = document.getElementById("found");
  const number = (value) => value.toLocaleString("en");
  let page = null;
  let pattern = null;
  let found = [];
  let current = -1;
  let here = null;

  function find() {
    page ??= readPlaces();
    pattern = patternOf(box.value);
    found = pattern ? page.places.filter((place) => place.text.search(pattern) >= 0) : [];
    for (const item of page.items) item.fits = !pattern;
    for (const place of found) {
      for (let item = place.item; item && !item.fits; item = item.within) item.fits = true;
    }
    for (const item of page.items) item.element.classList.toggle("unfound", !item.fits);
    document.body.classList.toggle("finding", pattern !== null);
    leave();
    mark("found", found, pattern);
    state.textContent = pattern ? say(found.length ? "found" : "nothing", { count: number(found.length) }) : "";
    const hash = pattern ? `#find=${encodeURIComponent(box.value)}` : "";
    if (hash || location.hash.startsWith("#find=")) history.replaceState(null, "", hash || location.pathname);
  }

  function leave() {
    here?.element.classList.remove("here");
    here = null;
    current = -1;
    mark("here", [], pattern);
  }

  function go(step) {
    if (!found.length) return;
    const next = current < 0 && step < 0 ? found.length - 1 : (current + step + found.length) % found.length;
    leave();
    current = next;
    here = found[current];
    const { element } = here;
    for (let part = element.matches("summary") ? element.parentElement.parentElement : element; part; part = part.parentElement) {
      if (part.matches("details")) part.open = true;
    }
    element.classList.add("here");
    mark("here", [here], pattern);
    bring(element, "center");
    state.textContent = say("place", { place: number(current + 1), count: number(found.length) });
  }

  // What surrounds the place that was gone to comes back around it.
  function clear() {
    const left = here;
    box.value = "";
    find();
    if (left) bring(left.element, "center");
  }

  box.addEventListener("focus", () => { page ??= readPlaces(); });
  box.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") clear();
    else go(event.shiftKey ? -1 : 1);
  });
  return {
    find,
    go,
    forget() {
      page = null;
      if (box.value) find();
    },
  };
}
