// Makes quicker what works without it: marks without loading a page, keys, players on a click. It builds no HTML and
// hands no text to a sink that runs it (Trusted Types hold). The tables of keys on /about and here are the same.

const body = document.body;
const base = body.dataset.base;
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const habits = (body.dataset.habits ?? "").split(" ");

// Marks: star, later, read.

/** Shows the counters of lists wherever the page has them. */
function showCounters(counts) {
  const format = new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`);
  for (const [name, value] of Object.entries(counts)) {
    for (const place of all(`[data-count="${name}"]`)) {
      const isHead = "zero" in place.dataset;
      place.textContent = value > 0 || isHead ? format.format(value) : "";
      if (isHead) document.title = `${one("h1").textContent}${value > 0 ? ` (${format.format(value)})` : ""} · Gleaner`;
    }
  }
}

/** Shows a mark as set or not, on its button and on its row. */
function showMark(button, on) {
  button.setAttribute("aria-pressed", String(on));
  button.value = button.value.replace(/\d$/u, on ? "0" : "1");
  if (button.name === "read") button.closest(".row")?.classList.toggle("unread", !on);
}

// The worker knows better than a page that it kept.
document.addEventListener("marks", ({ detail: { articles, counters } }) => {
  showCounters(counters);
  for (const button of all("button[aria-pressed]")) {
    const on = articles[button.value.split(".")[0]]?.[["read", "starred", "later"].indexOf(button.name)];
    if (on !== undefined && !("leave" in button.dataset)) showMark(button, on === 1);
  }
});

/** Sends a form. The answer holds the counters of lists and what was done. */
async function send(address, fields) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
    body: `${fields}&in=${body.dataset.list ?? ""}`,
    redirect: "error",
    keepalive: true,
  });
  if (!answer.ok) throw new Error(String(answer.status));
  const { counts, done } = await answer.json();
  showCounters(counts);
  return done;
}

// What can be taken back, the last thing at the end: { deed, undo, fields, at, buttons }. Answers may come in another order than deeds.
const undos = [];
let sent, deeds = 0;
const note = (done) => { undos.push(done); undos.sort((a, b) => a.deed - b.deed); };
const told = one(".told");
let hiding;

/** Says what was done, with a button where it was not done by that button. */
function tell(done, canUndo = undos.length > 0) {
  if (!told || !done) return;
  const [words, button] = told.children;
  words.textContent = done.text;
  button.hidden = !canUndo;
  clearTimeout(hiding);
  hiding = setTimeout(() => { words.textContent = ""; button.hidden = true; }, 20000);
}

/** Takes the last thing back that was done on this page; else what the page says that was done. */
async function takeBack() {
  // Only the answer says how.
  await sent;
  const last = undos.pop();
  if (!last) return follow('.notice:not(.told) [data-key="u"]');
  const done = await send(last.undo, last.fields).catch(() => ({ text: "" }));
  if (done) for (const [button, on] of last.buttons) showMark(button, on);
  tell(done, false);
}
told?.addEventListener("submit", (event) => {
  event.preventDefault();
  takeBack();
});

/** Sets or takes a mark: shown at once, and taken back where the server did not take it. */
async function mark(button) {
  const on = button.value.endsWith(".1");
  const deed = ++deeds;
  const fields = `${button.name}=${button.value}`;
  showMark(button, on);
  try {
    const done = await send(button.form.action, fields);
    if (done) note({ ...done, deed, buttons: [[button, !on]] });
    if (deed === deeds) tell(done);
  } catch {
    showMark(button, !on);
    // Signed out, or no network: the plain form knows what to say. Its submission is no click.
    button.form.requestSubmit(button);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[aria-pressed]");
  if (!button || "leave" in button.dataset) return;
  event.preventDefault();
  sent = mark(button);
});

// Rows that were read in passing, as list.js says: one thing to be taken back, as long as nothing else is done in between.
document.addEventListener("passed", async ({ detail: rows }) => {
  const buttons = rows.map((row) => [one('[name="read"]', row), false]);
  for (const [button] of buttons) showMark(button, true);
  const last = undos.at(-1);
  const goesOn = last?.passed && Date.now() - last.passed < 300000 ? last : null;
  const page = rows.map((row) => row.id.slice(1)).join(".");
  const deed = ++deeds;
  const fields = `list=${body.dataset.list}&newest=0&which=page&page=${page}&${goesOn?.fields ?? ""}`;
  try {
    const done = await send(`${base}/mark-read`, fields);
    if (goesOn) Object.assign(goesOn, done, { buttons: goesOn.buttons.concat(buttons) });
    else if (done.undo) note({ ...done, deed, buttons, passed: Date.now() });
    if (deed === deeds) tell(done);
  } catch {
    for (const [button] of buttons) showMark(button, false);
  }
});

// A page that was loaded ahead did not count as opened. Now it is looked at.
const opened = one("form[data-ahead]");
if (opened) {
  const say = () => send(`${base}/articles/${opened.dataset.id}/opened`, "").catch(() => {});
  if (document.prerendering) document.addEventListener("prerenderingchange", say, { once: true });
  else say();
}

// A proxy that drops the policy of our headers is told to who can mend it; once it was seen to pass, not asked again.
const stripped = one("[data-stripped]");
if (stripped && !sessionStorage.policed) {
  fetch(`${base}/about`, { method: "HEAD" }).then((answer) => {
    stripped.hidden = answer.headers.has("content-security-policy");
    if (answer.ok && stripped.hidden) sessionStorage.policed = 1;
  }).catch(() => {});
}

// What happens elsewhere counts, too.
async function recount() {
  if (document.visibilityState !== "visible" || !one("[data-count]")) return;
  const answer = await fetch(`${base}/counts?in=${body.dataset.list ?? ""}`, { redirect: "error" }).catch(() => null);
  if (answer?.ok) showCounters((await answer.json()).counts);
}
document.addEventListener("visibilitychange", recount);
setInterval(recount, 60000);

// What takes a while says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter ?? one("button", form);
  if (!form.dataset.busy || !button) return;
  if (form.ariaBusy === "true") return event.preventDefault();
  form.ariaBusy = "true";
  // Its icon stays.
  const words = button.lastChild;
  button.dataset.words = words.data;
  words.data = form.dataset.busy;
});
addEventListener("pageshow", () => {
  for (const form of all("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    for (const button of all("[data-words]", form)) button.lastChild.data = button.dataset.words;
  }
});

// What is being fetched is watched until it is there.
const watch = async (place) => {
  const answer = await fetch(location.href, { headers: { Accept: "application/json" } });
  const now = await answer.json();
  place.max = now.total;
  place.value = now.done;
  place.nextElementSibling.textContent = now.sentence;
  if (now.is_done) location.reload();
  else setTimeout(watch, 1000, place);
};
for (const place of all("[data-watch]")) setTimeout(watch, 1000, place);

// Where the system can hand an address on, it does.
for (const button of navigator.share ? all("[data-share]") : []) {
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ url: button.dataset.share, title: button.title }).catch(() => {}));
}

// A picture that does not come is not shown as broken. Its place goes where nobody sees that, else it stays: nothing moves.
// One with a caption leaves an empty frame, or the caption would speak of nothing.
const hide = (picture) => {
  // The browser shows the words instead.
  if (!picture.matches?.("main img") || picture.alt) return;
  const unseen = !picture.closest("figure") && picture.getBoundingClientRect().top > innerHeight;
  picture.classList.add(unseen ? "gone" : "missing");
};
document.addEventListener("error", (event) => hide(event.target), true);
// One whose size nobody knew has a place of three to two. Where nobody sees it, it gets its own.
const fit = (picture) => {
  if (picture.matches?.(".unsized") && picture.getBoundingClientRect().top > innerHeight) picture.classList.remove("unsized");
};
document.addEventListener("load", (event) => fit(event.target), true);
for (const picture of all("main img")) {
  if (!picture.complete || !picture.currentSrc) continue;
  if (picture.naturalWidth) fit(picture);
  else hide(picture);
}

// What scrolls inside itself can be reached by keys.
for (const wide of all(".text :is(table, pre, math)")) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// Code and addresses can be copied, also where no clipboard is to be had (it needs https). `words` is where the button says so.
const { copy, copied } = one("[data-copied]")?.dataset ?? {};
const copies = (button, source, words) => {
  const said = button[words];
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      source.select?.();
      document.execCommand("copy");
    }
    button[words] = copied;
    setTimeout(() => { button[words] = said; }, 2000);
  });
};
for (const button of all("button[data-copied]")) {
  button.hidden = false;
  copies(button, button.previousElementSibling, "textContent");
}
for (const code of copy ? all(".text pre") : []) {
  const place = document.createElement("div");
  const button = document.createElement("button");
  place.className = "copy";
  place.lang = document.documentElement.lang;
  button.className = "btn edge";
  // Shown by the style sheet: the text stays as it came.
  button.ariaLabel = copy;
  copies(button, code, "ariaLabel");
  place.append(button);
  code.before(place);
}

// Players load when somebody asks for them, and not before.
const players = {
  youtube: (id) => `https://www.youtube-nocookie.com/embed/${id}?autoplay=1`,
  vimeo: (id) => `https://player.vimeo.com/video/${id}?dnt=1&autoplay=1`,
  bilibili: (id) => `https://player.bilibili.com/player.html?${id.startsWith("BV") ? "bvid" : "aid"}=${id.replace(/^av/, "")}&autoplay=1`,
};
document.addEventListener("click", (event) => {
  const place = event.target.closest?.("[data-embed-provider]");
  const address = place && players[place.dataset.embedProvider]?.(place.dataset.embedId);
  if (!address || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.title = place.textContent;
  frame.allow = "fullscreen; picture-in-picture; autoplay";
  // Players refuse pages that hide where they are.
  frame.referrerPolicy = "strict-origin";
  frame.sandbox.add("allow-scripts", "allow-same-origin", "allow-popups", "allow-presentation");
  place.replaceChildren(frame);
});

// A box for searches offers what it knows of.
for (const box of all("[data-suggest]")) {
  let waiting;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(box.value)}`).catch(() => {});
      if (!answer?.ok) return;
      const option = (text) => Object.assign(document.createElement("option"), { value: text });
      box.list.replaceChildren(...(await answer.json()).map(option));
    }, 150);
  });
}

// Hits of which a page knows only about how many there are: counted once it is there.
const estimate = one("[data-counted]");
if (estimate) {
  fetch(estimate.dataset.counted).then((answer) => answer.json()).then(({ count, facets }) => {
    estimate.replaceWith(count);
    for (const link of all(".facets a")) {
      const n = facets[link.getAttribute("href")];
      if (n) link.lastChild.textContent = n;
      else link.parentElement.remove();
    }
  }).catch(() => {});
}

// Times grow older while a page stays open.
const [justNow, minutes, hours] = (body.dataset.ago ?? "").split("|");
if (hours) {
  setInterval(() => {
    for (const time of all(".row time")) {
      const passed = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
      if (passed < 1) time.textContent = justNow;
      else if (passed < 60) time.textContent = minutes.replace("{n}", passed);
      else if (passed < 1440) time.textContent = hours.replace("{n}", Math.floor(passed / 60));
    }
  }, 60000);
}

// Keys.

const rows = () => all(".row");
let here = one(`.row[id="${CSS.escape(location.hash.slice(1))}"]`);

/** Moves to another row, and shows where that is. */
function move(step) {
  const list = rows();
  if (!list.length) return follow(step > 0 ? "a[rel=next]" : "a[rel=prev]");
  here?.classList.remove("here");
  here = list[Math.min(Math.max(list.indexOf(here) + step, 0), list.length - 1)];
  here.classList.add("here");
  one("h3 a", here).focus({ preventScroll: true });
  here.scrollIntoView({ block: "nearest" });
}

const follow = (selector, root = document) => one(selector, root)?.click();
const focusOn = (selector) => one(selector)?.focus();
const go = (path) => { location.href = base + path; };
const current = () => here ?? (one(".row") ? null : document);
const press = (name) => {
  const place = current();
  if (place) follow(`[name="${name}"]`, place);
};

const hits = all(".text mark[id^=hit]");
let hitHere = -1;

/** Goes to another place of what was searched for. */
function hit(step) {
  if (!hits.length) return;
  hits[hitHere]?.classList.remove("here");
  hitHere = hitHere < 0 && step < 0 ? hits.length - 1 : (hitHere + step + hits.length) % hits.length;
  hits[hitHere].classList.add("here");
  hits[hitHere].scrollIntoView({ block: "center" });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  n: () => follow("a[rel=next]"),
  p: () => follow("a[rel=prev]"),
  o: () => current() && follow("h3 a", current()),
  v: () => current() && follow(".acts [target], [data-open]", current()),
  m: () => press("read"),
  s: () => press("starred"),
  f: () => press("starred"),
  l: () => press("later"),
  t: () => {
    if (here) location.href = one(".i-tag", here).href;
    else focusOn('[data-key="t"]');
  },
  d: () => follow('[data-key="d"]'),
  S: () => follow('[data-key="S"]'),
  A: () => follow('[data-key="A"]'),
  u: takeBack,
  "/": () => {
    const box = all("input[type=search]").findLast((input) => input.checkVisibility());
    if (!box) return go("/search");
    box.focus();
    box.select();
  },
  ".": () => hit(1),
  ",": () => hit(-1),
  "?": () => go("/about#keys"),
  Escape: () => {
    // What lies over the page goes first, and the focus returns to what opened it.
    const over = one(".menu[open], .aa[open], .row details[open]");
    if (over) {
      over.open = false;
      over.firstElementChild.focus();
    } else if (one("#highlighter:not([hidden])")) getSelection().empty();
    else if (one("#listening:not([hidden])")) follow("[name=stop]");
    else if (habits.includes("keys")) location.hash === "#keys" ? history.back() : follow("[data-back]");
  },
};
const places = { u: "/unread", a: "/all", s: "/starred", l: "/later", h: "/history", f: "/feeds" };

// When g was pressed.
let going = -Infinity;
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const leaves = event.key === "Escape" && typing?.closest(".menu[open], #listening");
  if ((typing && !leaves) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  if (!habits.includes("keys") && event.key !== "Escape") return;
  const place = event.timeStamp - going < 1500 ? places[event.key] : undefined;
  going = event.key === "g" ? event.timeStamp : -Infinity;
  const action = place ? () => go(place) : keys[event.key];
  // A button that has the focus takes Escape and letters like any other place; Enter and Space stay its own.
  if (!action) return;
  event.preventDefault();
  action();
});

// A menu of a row closes when somebody does something else.
document.addEventListener("click", (event) => {
  const menu = one(".row details[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
