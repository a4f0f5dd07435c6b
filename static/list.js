// On lists: the next page comes by itself, what was seen and scrolled past is read, rows can be wiped. Each only where the reader wants
// it, and each can be done without it. Rows come from pages as the server writes them; marks are made by gleaner.js.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const habits = document.body.dataset.habits.split(" ");
const form = one(".all-rows");

// The page of a row is in the address before an article is opened from it, so that the way back leads to where one was.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".row h3 a");
  if (!link) return;
  const here = new URL(location.href);
  const after = new URL(link.href).searchParams.get("after");
  if (after !== here.searchParams.get("after")) history.scrollRestoration = "manual";
  if (after) here.searchParams.set("after", after);
  else here.searchParams.delete("after");
  here.hash = link.closest(".row").id;
  history.replaceState(null, "", here);
});
// By its name: which element the address means, the browser itself may learn later than this runs.
if (history.scrollRestoration === "manual") document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
// A page that a browser kept while its reader was elsewhere shows what was so before.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// The next page. So many rows are enough for one page; then there is the link again.
const MOST = 1000;

/** Adds the rows of another page of this list, under the headings of their days. */
function append(page) {
  let last = all(".rows", form).at(-1);
  for (const rows of all(".all-rows > .rows", page)) {
    for (const row of all(".row", rows)) if (document.getElementById(row.id)) row.remove();
    const heading = rows.previousElementSibling;
    if (heading.textContent === last.previousElementSibling.textContent) {
      last.append(...rows.children);
    } else {
      form.append(heading, rows);
      last = rows;
    }
  }
  const [ours, theirs] = [one(".ends"), one(".ends", page)];
  if (!ours && theirs) form.after(theirs);
  const [link, next] = [one(".more"), one(".more", page)];
  if (next) link.replaceWith(next);
  else link.remove();
}

/** Loads what comes after this link. Where that fails, the link is still there. */
function load(link) {
  // It reads a document without a sink of HTML.
  const request = new XMLHttpRequest();
  request.open("GET", link.href);
  request.responseType = "document";
  request.onload = () => {
    const page = request.status === 200 && one(".all-rows", request.response) && request.response;
    if (!page) return;
    append(page);
    ahead();
    for (const row of all(".row", form)) watch?.observe(row);
  };
  request.send();
}

/** Waits for the end of the rows to come near. */
function ahead() {
  const link = one(".more a");
  if (!link || all(".row", form).length >= MOST) return;
  const near = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    near.disconnect();
    load(link);
  }, { rootMargin: "0px 0px 1200px" });
  near.observe(link);
}

// What was seen: a row that was in sight as a whole and then left upwards. One that somebody marked by hand is left alone.
let watch = null;
if (form && habits.includes("scroll")) {
  const seen = new WeakSet();
  const done = new WeakSet();
  let passed = [];
  let waiting;
  const say = () => {
    clearTimeout(waiting);
    const rows = passed.filter((row) => row.matches(".unread"));
    passed = [];
    if (rows.length) document.dispatchEvent(new CustomEvent("passed", { detail: rows }));
  };
  watch = new IntersectionObserver((entries) => {
    for (const { target, intersectionRatio, boundingClientRect, rootBounds } of entries) {
      if (intersectionRatio > 0.98) seen.add(target);
      else if (seen.has(target) && !done.has(target) && boundingClientRect.bottom <= rootBounds.top + 1) {
        done.add(target);
        passed.push(target);
        clearTimeout(waiting);
        waiting = setTimeout(say, 1000);
      }
    }
  }, { threshold: [0, 0.99], rootMargin: `-${one(".head").offsetHeight}px 0px 0px` });
  for (const row of all(".row", form)) watch.observe(row);
  form.addEventListener("click", (event) => done.add(event.target.closest(".row")));
  addEventListener("pagehide", say);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") say(); });
}
if (form && habits.includes("endless")) ahead();

// A finger that wipes a row: with the line it marks it as read or unread, against it it stars. Up and down is scrolling.
const FAR = 80;
if (form && habits.includes("swipes")) {
  let row = null;
  let start;
  let moved = false;
  const end = () => {
    if (!row) return;
    const name = row.classList.contains("armed") && row.dataset.swipe;
    if (name) one(`[name="${name}"]`, row).click();
    const gone = row;
    row.classList.add("back");
    row.style.setProperty("--by", "0px");
    row.classList.remove("armed");
    row = null;
    setTimeout(() => {
      gone.classList.remove("back");
      if (row) return;
      moved = false;
      delete gone.dataset.swipe;
    }, 160);
  };
  form.addEventListener("pointerdown", (event) => {
    moved = false;
    // From the very edge browsers turn pages.
    const atEdge = Math.min(event.clientX, innerWidth - event.clientX) < 20;
    row = event.pointerType === "touch" && event.isPrimary && !atEdge ? event.target.closest(".row") : null;
    if (event.target.closest("details")) row = null;
    start = event;
  });
  form.addEventListener("pointermove", (event) => {
    if (!row) return;
    const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (!moved && Math.abs(x) < 12) return;
    if (!moved && Math.abs(x) < 1.5 * Math.abs(y)) { row = null; return; }
    if (!moved) row.setPointerCapture(event.pointerId);
    moved = true;
    row.dataset.swipe = x > 0 !== (document.documentElement.dir === "rtl") ? "read" : "starred";
    row.classList.toggle("armed", Math.abs(x) >= FAR);
    row.style.setProperty("--by", `${Math.sign(x) * Math.min(Math.abs(x), FAR + Math.abs(x) / 8)}px`);
  });
  form.addEventListener("pointerup", end);
  form.addEventListener("pointercancel", () => { row?.classList.remove("armed"); end(); });
  // What ends a wipe is no tap on the row's link.
  form.addEventListener("click", (event) => {
    if (!moved || !event.isTrusted) return;
    event.preventDefault();
    event.stopPropagation();
    moved = false;
  }, true);
}

// Marking the page marks what is shown unread now, whatever was so when it was drawn.
document.addEventListener("submit", (event) => {
  const field = one("[name=page]", event.target);
  if (field) field.value = all(".row.unread").map((row) => row.id.slice(1)).join(".");
});
