// On an article's page: marks on passages, pictures large, and where its reader stops. The forms below the text do the same without it. It builds no HTML: what it
// shows anew it takes from the page as the server writes it.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
/** Does what must wait until a page that was loaded ahead is looked at. */
const onceSeen = (act) => {
  if (document.prerendering) document.addEventListener("prerenderingchange", act, { once: true });
  else act();
};
const text = one(".art .text");
const bar = one("#highlighter");

/** The selected part of the text; nothing of what stands around it. */
function selected() {
  const selection = getSelection();
  if (!text || !selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!range.intersectsNode(text)) return null;
  if (!text.contains(range.startContainer)) range.setStart(text, 0);
  if (!text.contains(range.endContainer)) range.setEnd(text, text.childNodes.length);
  return range.toString().trim() ? range : null;
}

/** The words of a range, those around it, and how many characters come before it. */
function describe(range) {
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const after = document.createRange();
  after.setStart(range.endContainer, range.endOffset);
  after.setEnd(text, text.childNodes.length);
  const head = [...before.toString()];
  return {
    exact: range.toString(),
    prefix: head.slice(-64).join(""),
    suffix: [...after.toString().slice(0, 128)].slice(0, 64).join(""),
    start: head.length,
  };
}

/** Marks a range as the server would: each text of its own, so that no element is torn. */
function wrap(range, id, colour) {
  const pieces = [];
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!range.intersectsNode(node) || !node.data.trim() || node.parentElement.closest("math")) continue;
    const start = node === range.startContainer ? range.startOffset : 0;
    const end = node === range.endContainer ? range.endOffset : node.length;
    if (start < end) pieces.push([node, start, end]);
  }
  for (const [place, [node, start, end]] of pieces.entries()) {
    const mark = document.createElement("mark");
    mark.className = `hl ${colour}`;
    mark.dataset.highlight = id;
    if (!place) mark.id = `h${id}`;
    const piece = document.createRange();
    piece.setStart(node, start);
    piece.setEnd(node, end);
    piece.surroundContents(mark);
  }
}

/** Shows a part of this page as the server has it now. */
function refresh(selector) {
  // It reads a document without a sink of HTML.
  const request = new XMLHttpRequest();
  request.open("GET", location.href);
  request.responseType = "document";
  request.onload = () => {
    const fresh = request.response && one(selector, request.response);
    if (fresh) one(selector)?.replaceWith(document.adoptNode(fresh));
  };
  request.send();
}

let range = null;

/** Shows the colours beside what is selected, or nothing. */
function offer() {
  range = selected();
  bar.hidden = !range;
  if (!range) return;
  const box = range.getBoundingClientRect();
  const left = Math.min(Math.max(box.left, 8), innerWidth - bar.offsetWidth - 8);
  bar.style.left = `${left + scrollX}px`;
  bar.style.top = `${box.bottom + scrollY + 8}px`;
}

if (text && bar) {
  let waiting;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, 200);
  });
  // What is selected stays selected while a colour is chosen.
  bar.addEventListener("pointerdown", (event) => event.preventDefault());
  bar.addEventListener("submit", async (event) => {
    if (!range) return event.preventDefault();
    for (const [name, value] of Object.entries(describe(range))) bar.elements[name].value = value;
    const button = event.submitter;
    if (button?.name !== "colour") return;
    event.preventDefault();
    try {
      const answer = await fetch(bar.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(new FormData(bar, button)),
        redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      // Without a network it has no number yet.
      const { id, to } = await answer.json();
      if (to && !id) throw new Error(to);
      wrap(range, id ?? Date.now(), button.value);
      getSelection().removeAllRanges();
      refresh("#highlights");
    } catch {
      // Signed out, too many, or no network: the plain form says what it is. Its submission is no click.
      const plain = document.createElement("input");
      Object.assign(plain, { type: "hidden", name: "colour", value: button.value });
      bar.append(plain);
      bar.submit();
    }
  });
  // From a mark to its note.
  text.addEventListener("click", (event) => {
    const mark = event.target.closest("mark[data-highlight]");
    if (mark && !event.target.closest("a") && getSelection().isCollapsed) location.hash = `hl${mark.dataset.highlight}`;
  });
}

/** The place of a passage in the text: where it is said to start, or where it is first found. */
function find(exact, start) {
  const range = document.createRange();
  let from = [...text.textContent].slice(0, start).join("").length;
  if (!text.textContent.startsWith(exact, from)) from = text.textContent.indexOf(exact);
  let begins = from >= 0;
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), passed = 0; node && from >= 0; passed += node.length, node = walker.nextNode()) {
    if (begins && from < passed + node.length) {
      range.setStart(node, from - passed);
      begins = false;
    }
    if (begins || passed + node.length < from + exact.length) continue;
    range.setEnd(node, from + exact.length - passed);
    return range;
  }
}

// What was done without a network and is not on the page yet.
document.addEventListener("marks", ({ detail: { deeds = [] } }) => {
  for (const { path, body, at } of deeds) {
    const { names, exact, start, note, colour = "yellow" } = Object.fromEntries(new URLSearchParams(body));
    const own = all("#tags li form, .passage form").find(({ action }) => action.endsWith(path))?.closest("li");
    const marks = own ? all(`[data-highlight="${own.id.slice(2)}"]`) : [];
    if (/\/(remove|delete)$/.test(path)) {
      for (const mark of marks) mark.replaceWith(...mark.childNodes);
      own?.remove();
    } else if (own) {
      for (const place of [own, ...marks]) place.className = place.className.replace(/\w+$/, colour);
      one("textarea", own).value = note;
      const words = one(".note", own) ?? document.createElement("p");
      words.className = "note";
      words.textContent = note;
      one(".quiet", own).before(words);
    }
    const form = one("#tags form.one");
    if (names && form?.action.endsWith(path)) {
      const list = one("#tags ul") ?? document.createElement("ul");
      list.className = "tags";
      const known = all("a, bdi", list).map((tag) => tag.textContent);
      for (const name of names.split(/[,，、،]/).map((name) => name.trim())) {
        if (!name || known.includes(name)) continue;
        const item = document.createElement("li");
        const words = document.createElement("bdi");
        words.textContent = name;
        item.append(words);
        list.append(item);
      }
      form.before(list);
    } else if (exact && bar?.action.endsWith(path)) {
      const place = find(exact, Number(start));
      if (place && !place.startContainer.parentElement.closest(".hl")) wrap(place, at, colour);
    }
  }
});

/** Opens the passage that the address names, so that its note can be written; or goes to the field for tags. */
function open() {
  if (location.hash === "#tags") one("#tags [name=names]")?.focus({ preventScroll: true });
  const details = /^#hl\d+$/.test(location.hash) && one(`${location.hash} details`);
  if (!details) return;
  details.open = true;
  one("textarea", details).focus({ preventScroll: true });
}
addEventListener("hashchange", open);
// Going to the place that an address names takes the focus away, so that comes first.
addEventListener("load", () => requestAnimationFrame(open));

// Where the reader stops. The elements that are counted are those of src/content/place.rs.
const paragraphs = "p, li, h1, h2, h3, h4, h5, h6, blockquote, dt, dd, figcaption";
// Whoever has not moved has nowhere stopped.
let moved = false;
let told = "";

/** Tells the server where the reader is, once for each place. */
function tell() {
  if (!moved || document.prerendering) return;
  const box = text.getBoundingClientRect();
  const below = all(paragraphs, text).findIndex((paragraph) => paragraph.getBoundingClientRect().bottom > 96);
  const share = box.bottom <= innerHeight ? 1000 : Math.round((Math.max(0, -box.top) / box.height) * 1000);
  const place = String(new URLSearchParams({ share, paragraph: Math.max(0, below) }));
  if (place === told) return;
  told = place;
  navigator.sendBeacon(text.dataset.place, new URLSearchParams(place));
}

if (text?.dataset.place) {
  addEventListener("scroll", () => { moved = true; }, { passive: true });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") tell(); });
  addEventListener("pagehide", tell);
}

// Sound and film: where they stop is kept. The server writes it into their address, so that they go on there on any device.
const art = one(".art");
const heard = new WeakMap();

/** Tells the server where a recording is: when it stops, and every half a minute. */
function tellPlayed(media, step) {
  const at = media.ended ? 0 : Math.round(media.currentTime);
  const before = heard.get(media) ?? Number(media.currentSrc.split("#t=")[1] ?? 0);
  if (Math.abs(at - before) >= step) {
    const file = new URL(media.currentSrc).pathname.split("/").slice(-2).join("/");
    navigator.sendBeacon(art.dataset.played, new URLSearchParams({ file, at, of: Math.round(media.duration) || 0 }));
  } else if (heard.has(media)) return;
  heard.set(media, at);
}
for (const media of all("audio, video", art)) {
  media.addEventListener("timeupdate", () => tellPlayed(media, 30));
  for (const name of ["pause", "ended"]) media.addEventListener(name, () => tellPlayed(media, 1));
}
addEventListener("pagehide", () => { for (const media of all("audio, video", art)) if (heard.has(media)) tellPlayed(media, 1); });

// Where an article counts as read at its end: when that has been in sight, and not before the page is looked at.
const unread = one("[data-at-end]");
if (unread) {
  const end = new IntersectionObserver((seen) => {
    if (!seen.at(-1).isIntersecting) return;
    end.disconnect();
    if (unread.value.endsWith(".1")) unread.click();
  });
  onceSeen(() => end.observe(one(".kept")));
}

// Pictures open large over the page; the links to them do the same without it.
const large = one("#large");
const pictures = all("a.large", text ?? art);
let shown = 0;

/** Shows one of the pictures large. */
function enlarge(number) {
  const link = pictures[number];
  if (!link) return;
  shown = number;
  const picture = new Image();
  picture.alt = one("img", link).alt;
  picture.src = link.href;
  const words = document.createElement("figcaption");
  words.textContent = one("figcaption", link.closest("figure") ?? link)?.textContent.trim() ?? "";
  words.lang = art.lang;
  one("figure", large).replaceChildren(picture, ...(words.textContent ? [words] : []));
  one("a", large).href = link.href;
  for (const button of all("button", large)) button.disabled = !pictures[number + Number(button.value)];
  if (!large.open) large.showModal();
}
large?.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const step = Number(event.target.closest("button")?.value ?? 0);
  if (step) enlarge(shown + step);
  else large.close();
});
large?.addEventListener("keydown", (event) => {
  // The page's own keys rest.
  event.stopPropagation();
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) enlarge(shown + (document.dir === "rtl" ? -step : step));
});
large?.addEventListener("close", () => pictures[shown].focus({ preventScroll: true }));
if (large) text.addEventListener("click", (event) => {
  const number = pictures.indexOf(event.target.closest("a.large"));
  if (number < 0 || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  enlarge(number);
});

// Reading aloud comes when it is asked for, and only where there are voices.
const listen = one("#listen");
const speech = globalThis.speechSynthesis;
if (listen && speech) {
  const start = () => import(one("#listening").dataset.module).then((module) => module.start()).catch(() => {});
  const offer = () => {
    if (document.prerendering || !listen.hidden || !speech.getVoices().length) return;
    listen.hidden = false;
    // From the article before.
    if (sessionStorage.getItem("listen")) start();
    sessionStorage.removeItem("listen");
  };
  speech.addEventListener?.("voiceschanged", offer);
  onceSeen(offer);
  listen.addEventListener("click", start);
}

// The Aa panel: a choice shows at once and is kept by the server; the plain form does the same with a button.
const panel = one(".aa form");
one(".aa form > button")?.remove();
panel?.addEventListener("change", (event) => {
  const chosen = new URLSearchParams(new FormData(panel));
  for (const [name, value] of chosen) if (name !== "back") document.documentElement.dataset[name] = value;
  fetch(panel.action, { method: "POST", headers: { Accept: "application/json" }, body: chosen, keepalive: true })
    // Other characters come from the server.
    .then(() => event.target.name === "chinese" && location.reload(), () => {});
});
document.addEventListener("click", (event) => {
  if (panel?.parentElement.open && !event.target.closest?.(".aa")) panel.parentElement.open = false;
});
document.addEventListener("keydown", (event) => {
  const step = { "+": 1, "-": -1 }[event.key];
  const typing = event.target.closest?.("input:not([type=radio]), textarea, select");
  if (!panel || !step || typing || !document.body.dataset.habits.includes("keys") || event.ctrlKey || event.altKey || event.metaKey) return;
  const sizes = [...panel.elements.size];
  const next = sizes[sizes.findIndex((size) => size.checked) + step];
  next?.click();
});
