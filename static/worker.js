// Stands between the pages and the network on devices where the reader switched it on. Why it is so: docs/decisions/offline.md.

// Ends with a slash. There may be several of us on one host, so what is kept is named after it.
const scope = new URL(registration.scope).pathname;
const base = scope.slice(0, -1);
const name = `gleaner ${scope}`;
const here = { cacheName: name, ignoreVary: true };
const day = 86400000;
// Whose page it is; for whom something is done.
const reads = "Gleaner-Reader";
const marks = ["read", "starred", "later"];
// What waits beside marks. Nothing of it takes another's place, and told twice it is done once.
const added = /^\/articles\/\d+\/(tags|highlights)$/;
// What is taken away or written anew: the last word on each.
const changed = /^(\/articles\/\d+\/tags\/\d+\/remove|\/highlights\/\d+(\/delete)?)$/;

/** Works on what waits for the network, all of it or nothing; gives what `work` asked for. */
const queue = (work) => new Promise((done, fail) => {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore("queue");
  request.onerror = fail;
  request.onsuccess = () => {
    const transaction = request.result.transaction("queue", "readwrite", { durability: "strict" });
    const asked = work(transaction.objectStore("queue"));
    transaction.onabort = fail;
    transaction.oncomplete = () => {
      request.result.close();
      done(asked.result);
    };
  };
});
const waiting = async () => (await queue((all) => all.getAll())).sort((a, b) => a.at - b.at);
/** Takes a deed out, unless it was done anew since. */
const settle = ({ key, at }) => queue((all) => {
  const old = all.get(key);
  old.onsuccess = () => old.result?.at <= at && all.delete(key);
  return old;
});

// What is kept, and for whom, lies beside the copies and goes with them.
const forget = () => caches.delete(name);
const load = async () => (await caches.match(`${scope}state`, here))?.json();
const save = async (state) => (await caches.open(name)).put(`${scope}state`, Response.json(state));

/** Does to articles and counters what the server does with this form. */
function apply({ articles, counters }, { path, body }) {
  const opened = /(\d+)\/opened/.exec(path)?.[1];
  for (const [mark, value] of new URLSearchParams(opened ? `read=${opened}.1` : body)) {
    const place = marks.indexOf(mark);
    if (place < 0) continue;
    const [article, on] = value.split(".");
    const known = (articles[article] ??= []);
    if (known[place] === 1 - on) counters[place ? mark : "unread"] += +on === +!!place ? 1 : -1;
    known[place] = +on;
  }
}

const post = (path, body, headers) => fetch(base + path, {
  method: "POST",
  headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded", ...headers },
  body,
});
/** Whether nothing answered but, at most, a proxy. */
const isNone = (answer) => !answer || (answer.status > 501 && !answer.headers.has(reads));

/** Tells the server what waits, in order; gives its counters. What another reader did stays; without a session all does. */
let telling;
const replay = () => (telling ??= (async () => {
  let counters;
  for (const deed of await waiting()) {
    const answer = await post(deed.path, deed.body, { [reads]: deed.reader, "Gleaner-Age": Date.now() - deed.at });
    const { status } = answer;
    if (status === 200) counters = (await answer.json()).counts ?? counters;
    if (answer.ok || [400, 404].includes(status)) await settle(deed);
    else if (status !== 409) break;
  }
  return counters;
})().catch(() => {}).finally(() => { telling = null; }));

/** Notes what was done: as told, or in the queue, where the last word on a mark replaces earlier ones. One after the other. */
let turn;
const note = (path, body, told) => (turn = Promise.resolve(turn).catch(() => {}).then(async () => {
  const state = await load();
  const key = [state.reader, path, added.test(path) ? body : changed.test(path) || /\w+=\d+\.|$/.exec(body)].join(" ");
  const deed = { key, reader: state.reader, path, body, at: Date.now() };
  if (told) await settle(deed);
  else {
    await queue((all) => all.put(deed, key));
    registration.sync?.register("replay").catch(() => {});
  }
  apply(state, deed);
  await save(state);
  return state.counters;
}));

/** Answers what a page's script sends, in the server's place if need be. */
async function act(request, path) {
  const body = await request.clone().text();
  const answer = await fetch(request).catch(() => {});
  const state = await load();
  if (state && answer?.ok) await note(path, body, true);
  if (!state || !isNone(answer)) return answer ?? Response.error();
  return Response.json({ counts: await note(path, body) });
}

/** Answers a plain form. It is sent on in its reader's name only, which no other site knows. */
async function submit(request, path) {
  const body = await request.text();
  const fields = new URLSearchParams(body);
  const reader = fields.get("reader");
  const state = await load();
  let to;
  if (reader) {
    const answer = await post(path, body, { [reads]: reader }).catch(() => {});
    if (reader === state?.reader) {
      if (answer?.ok || isNone(answer) || answer.status === 401) await note(path, body, answer?.ok);
    } else if (!answer) return Response.error();
    if (answer?.ok) ({ to } = await answer.json());
  }
  const back = new URL(base + (to ?? fields.get("back") ?? "/"), location);
  return Response.redirect(back.origin === location.origin ? back : scope, 303);
}

/** The copy of an address, if it is of the reader who keeps here; for no longer than a session can be idle. */
async function copyOf(path, search = "") {
  const state = await load();
  const copy = await caches.match(path + search, { ...here, ignoreSearch: path.startsWith(`${scope}articles/`) });
  if (copy && copy.headers.get(reads) === state?.reader && Date.now() - state.at < 30 * day) return copy;
}

/** A file or picture: the copy, else the original, else the one width of a picture that is kept. */
const picture = async (request) => (await caches.match(request, here)) ?? fetch(request).catch(async () =>
  (await caches.match(request.url.replace(/w=\d+/, "w=960"), { ...here, ignoreSearch: true })) ?? Response.error());

/** Drops what is kept where the page that came shows that its reader is gone. */
async function meet({ headers, url }) {
  const reader = headers.get(reads);
  const state = await load();
  if (reader && state && reader !== state.reader) await forget();
  if (!url.split("?")[0].endsWith(`${scope}login`) || (await fetch(`${scope}offline/wanted`)).status !== 401) return;
  await forget();
  // Who comes back finds it again.
  if (!url.includes("?out=")) return state && save({ reader: state.reader, at: 0, articles: {}, counters: {} });
  indexedDB.deleteDatabase(name);
  await registration.unregister();
}

/** A page: from the network, and if that does not answer in time, the copy. */
async function page({ request, preloadResponse }) {
  const { pathname, search } = new URL(request.url);
  const network = (async () => {
    const answer = (await preloadResponse) ?? (await fetch(request));
    await meet(answer).catch(() => {});
    return answer;
  })().catch(() => {});
  const copy = await copyOf(pathname === scope ? `${scope}unread` : pathname, search);
  const answer = await Promise.race([network, ...(copy ? [new Promise((done) => setTimeout(done, 4000))] : [])]);
  if (!isNone(answer)) return answer;
  return copy ?? (await copyOf(`${scope}offline`)) ?? answer ?? Response.error();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || !pathname.startsWith(scope)) return;
  const path = pathname.slice(base.length);
  const isPage = request.mode === "navigate";
  if (request.method === "GET") {
    if (isPage) event.respondWith(page(event));
    else if (/^\/(static|media)\/(?!s\/)/.test(path)) event.respondWith(picture(request));
  } else if (isPage && (path === "/marks" || added.test(path) || changed.test(path))) event.respondWith(submit(request, path));
  else if (/^\/(marks|articles\/\d+\/(opened|place|highlights))$/.test(path) && !isPage) event.respondWith(act(request, path));
});

/** Four at a time; what fails is left out. */
const each = (items, work) => {
  const rest = items.values();
  return Promise.all([1, 2, 3, 4].map(async () => { for (const item of rest) await work(item).catch(() => {}); }));
};

/** Fetches what the reader chose; switched on where they ask for it by hand. */
let keeping;
const keep = (asked) => (keeping ??= (async () => {
  const before = await load();
  const at = Date.now();
  if (!asked && (!before || at - before.at < 600000)) return;
  const answer = await fetch(`${scope}offline/wanted`);
  const reader = answer.headers.get(reads);
  if (!answer.ok) throw answer;
  if (before && before.reader !== reader) {
    await forget();
    if (!asked) return;
  }
  const { pages, texts, assets, pictures, ...state } = await answer.json();
  const cache = await caches.open(name);
  const version = `${reader} ${assets}`;
  // Texts hardly change: once a day is enough.
  const isNew = before?.version !== version || at - before.whole > day;
  const wanted = new Set([...assets, `${scope}state`]);
  const take = async (address, headers) => {
    wanted.add(address);
    const old = !pages.includes(address) && !(headers && isNew) && (await cache.match(address, here));
    if (old) return old;
    const answer = await fetch(address, { headers, redirect: "error" });
    if (answer.ok && (!headers || answer.headers.get(reads) === reader)) await cache.put(address, answer.clone());
    return answer;
  };
  const seen = new Set();
  await each(assets, take);
  await each([...pages, ...texts], async (address) => {
    const text = await (await take(address, { "Gleaner-Keep": 1 })).text();
    for (const [, picture] of text.matchAll(RegExp(`src="(${scope}media/(?!s/)[^"]+)`, "g"))) seen.add(picture.replaceAll("&amp;", "&"));
  });
  if (pictures) await each(seen, take);
  for (const deed of await waiting()) if (deed.reader === reader) apply(state, deed);
  await save({ ...state, reader, version, at, whole: isNew ? at : before.whole, size: texts.length });
  for (const { url } of await cache.keys()) if (!wanted.has(url.slice(location.origin.length))) await cache.delete(url, here);
})().finally(() => { keeping = null; }));

addEventListener("message", (event) => event.waitUntil((async () => {
  const { data, source } = event;
  let failed;
  const deeds = await waiting();
  const counters = (await replay()) ?? {};
  if (data === "copy") {
    const state = await load();
    source.postMessage({ show: state && { ...state, deeds: deeds.filter(({ reader }) => reader === state.reader) } });
  } else if (data === "page" && deeds.length) {
    // This page was drawn before the server knew.
    const show = { articles: {}, counters, deeds };
    for (const deed of deeds) apply(show, deed);
    source.postMessage({ show });
  }
  if (data === "page" || data === "copy") await keep().catch(() => {});
  else {
    if (data === "keep") await keep(true).catch(() => { failed = true; });
    if (data === "forget") await forget();
    const { size, at } = (await load()) ?? {};
    const { length } = await waiting();
    if (!at && !length) await registration.unregister();
    source.postMessage({ size, at, length, failed });
  }
})()));
addEventListener("sync", (event) => event.waitUntil(replay()));
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(Promise.all([clients.claim(), registration.navigationPreload?.enable()])));
