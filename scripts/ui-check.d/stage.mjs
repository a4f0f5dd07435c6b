// The stage of every figure: the filled server, an empty one, the site with our own articles, a browser, and the list of
// all pages there are.

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { command, EMPTY, FILLED, OWN, post, serve, serveFiles, signIn } from "./gleaner.mjs";
import { FEEDS, openSite, UNFOLLOWED } from "./site.mjs";

const require = createRequire(`${process.env.UI_CHECK_TOOLS}/`);

/** A package that was installed beside the build. */
export const tool = async (name) => import(pathToFileURL(require.resolve(name)));
/** The text of a file of such a package. */
export const toolText = (file) => readFile(require.resolve(file), "utf8");

/** The sizes at which pages are looked at. */
export const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const TABLET = { width: 820, height: 1180, deviceScaleFactor: 1, isMobile: true, hasTouch: true };
export const DESKTOP = { width: 1440, height: 900, deviceScaleFactor: 1 };

const FLAGS = [
  "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
  "--disable-gpu", "--hide-scrollbars", "--lang=en",
  // A desktop has a mouse: what shows itself under one is looked at as it is without it. A phone's page has none, as ever.
  "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
  // Chromium's own sandbox does not start for root.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

const patience = (millis) => new Promise((done) => setTimeout(done, millis));
/** Waits for what may never come, for a while. */
const soon = (work) => Promise.race([work.catch(() => {}), patience(10_000)]);

/** Starts everything. */
export async function openStage() {
  const binary = process.env.GLEANER_BINARY;
  const folder = await mkdtemp(join(tmpdir(), "ui-check-"));
  const closing = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => { for (const step of closing.splice(0).reverse()) await step(); };
  // Whoever stops this stops its servers and its browser, too.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => close().finally(() => process.exit(130)));
  try {
    const site = await openSite();
    closing.push(site.close);
    const data = join(folder, "filled");
    await cp(process.env.UI_CHECK_FILLED, data, { recursive: true });
    for (const reader of [OWN, EMPTY]) await command(binary, data, ["user", "add", reader.name, ...(reader === OWN ? ["--admin"] : [])], reader.password);
    const publish = () => command(binary, data, ["publish", "--user", OWN.name, join(folder, "site")]);
    const server = await serve(binary, data);
    closing.push(server.stop);
    const fresh = await serve(binary, join(folder, "fresh"));
    closing.push(fresh.stop);
    const { default: puppeteer } = await tool("puppeteer-core");
    const browser = await puppeteer.launch({ executablePath: process.env.UI_CHECK_CHROMIUM, args: FLAGS, protocolTimeout: 600_000, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false });
    // A browser that was stopped, or has lost itself, does not answer.
    closing.push(() => soon(browser.close()).then(() => browser.process()?.kill("SIGKILL")));
    const cookies = {};
    for (const reader of [FILLED, OWN, EMPTY]) cookies[reader.name] = await signIn(server, reader);
    const stage = { site, server, fresh, browser, cookies, close };
    await furnish(stage);
    await publish();
    stage.files = await serveFiles(join(folder, "site"));
    closing.push(stage.files.stop);
    stage.pages = await findPages(stage);
    await renew(stage);
    return stage;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The body of a page as a reader sees it. */
export async function read(stage, reader, path) {
  const answer = await fetch(stage.server.url + path, { headers: { Cookie: reader ? stage.cookies[reader.name] : "" }, redirect: "manual" });
  // What is saved as a file is no page, whatever its type.
  const isFile = answer.headers.get("content-disposition")?.startsWith("attachment");
  if (isFile) await answer.body?.cancel();
  return { status: answer.status, type: isFile ? "" : answer.headers.get("content-type") ?? "", text: isFile ? "" : await answer.text() };
}

/** The addresses that a page links to. */
export const links = (html) => [...html.matchAll(/<a [^>]*?href="(\/[^"#]*)/g)].map(([, href]) => href.replaceAll("&amp;", "&"));

/** Gives the second reader something of everything: feeds in two categories, marks, tags, passages, a rule, a key. */
async function furnish(stage) {
  const send = async (path, fields) => {
    const answer = await post(stage.server, path, fields, stage.cookies[OWN.name]);
    if (answer.status >= 400) throw new Error(`POST ${path}: ${answer.status}`);
    return answer.text();
  };
  for (const name of FEEDS.filter((feed) => feed !== UNFOLLOWED)) {
    const category = name === "code" || name === "english" ? "Essays" : "From afar";
    await send("/add/follow", { url: `${stage.site.origin}/${name}/feed.json`, category });
  }
  const followed = Date.now();
  await send("/add/follow", { url: `${stage.site.origin}/gone/feed.json`, category: "" }).catch(() => {}); // a feed in trouble
  const { text } = await read(stage, OWN, "/all");
  const ids = [...new Set([...text.matchAll(/\/articles\/(\d+)/g)].map(([, id]) => id))];
  if (ids.length < 10) throw new Error(`only ${ids.length} of our own articles arrived`);
  stage.articles = await Promise.all(ids.map(async (id) => ({ id, html: (await read(stage, OWN, `/articles/${id}`)).text })));
  const titled = (title) => stage.articles.find(({ html }) => html.includes(title))?.id;
  const [essay, chinese] = [titled("What the gleaners knew"), titled("拾穗的人")];
  const gone = /\/feeds\/(\d+)\/settings" aria-label="[^"]*gone/.exec((await read(stage, OWN, "/feeds")).text)?.[1];
  if (gone) await send(`/feeds/${gone}/settings`, { title: "The Old Mill", category: "Essays", body: "automatic" });
  await send("/marks", { starred: `${essay}.1`, back: "/all" });
  await send("/marks", { later: `${chinese}.1`, back: "/all" });
  await send(`/articles/${essay}/tags`, { names: "harvest, history", back: "/all" });
  await send(`/articles/${essay}/highlights`, { exact: "The walking is not the field", colour: "yellow", back: "/all" }).catch(() => {});
  await send(`/articles/${essay}/highlights`, { exact: "They walked in a line".replace("They", "they"), note: "as in a good index", colour: "green", back: "/all" });
  await send(`/articles/${chinese}/highlights`, { exact: "不求多，只求那一穗是饱满的", note: "", colour: "blue", back: "/all" });
  await send("/rules", { scope: "all", field: "title", test: "words", pattern: "clock", star: "1", tag: "", act: "add" }).catch(() => {});
  await send("/searches", { q: "field", name: "Fields" }).catch(() => {});
  await send("/settings/programs", { name: "Notebook" });
  const thrown = ids.filter((id) => id !== essay && id !== chinese).at(-1);
  await send(`/articles/${thrown}/delete`, { sure: "1", back: "/all" });
  stage.articles = stage.articles.filter(({ id }) => id !== thrown);
  stage.edited = essay;
  // The feed whose articles all end alike.
  stage.alike = /\/feeds\/\d+/.exec(stage.articles.find(({ html }) => html.includes("The almanac of the valley")).html.split('class="by"')[1])[0];
  await giveAway(stage, send, essay, chinese);
  // A feed that was just asked is not asked again for half a minute.
  await patience(followed + 31_000 - Date.now());
  stage.site.edit();
  const [feed] = /\/feeds\/\d+/.exec(stage.articles.find(({ id }) => id === essay).html.split('class="by"')[1]);
  await send(`${feed}/refresh`, { back: "/all" });
}

/** Gives articles and a list away: links that open at once, ask for a password, count, or are over; a list for everybody. */
async function giveAway(stage, send, essay, chinese) {
  const link = async (id, fields) => new URL(/id="link"[^>]* value="([^"]+)"/.exec(await send(`/articles/${id}/share`, { ...fields, sure: "1" }))[1]).pathname;
  stage.given = {
    open: await link(essay, { note: "Worth your evening.", highlights: "1", notes: "1", name: "1", index: "1", slug: "what-the-gleaners-knew" }),
    chinese: await link(chinese, { ends: "week" }),
    locked: await link(essay, { password: "three ears of wheat" }),
    counted: await link(essay, { ends: "views", views: "5" }),
    over: await link(essay, { ends: "views", views: "1" }),
  };
  await post(stage.server, stage.given.over, {});
  const made = await send("/published", { list: "all", title: "From Ruth's field", newest: "40" });
  stage.given.list = new URL(/id="made1"[^>]* value="([^"]+)"/.exec(made)[1]).pathname;
  await send("/published", { list: "starred", title: "Starred", newest: "40" });
}

/** All but a few articles are new again: whoever opens one has read it. */
export async function renew(stage) {
  for (const { id } of stage.articles.slice(0, -4)) await post(stage.server, "/marks", { read: `${id}.0`, back: "/all" }, stage.cookies[OWN.name]);
}

/**
 * Every page: those of the route table that are asked for with GET and show HTML, for the reader with articles of our own;
 * what a page with parameters is called is taken from the links on the others. Then the filled lists, the empty states, and
 * what a form answers.
 */
async function findPages(stage) {
  const table = await readFile(new URL("../../src/web/router.rs", import.meta.url), "utf8");
  const routes = [...table.matchAll(/\bget\("([^"]+)", (\w+),/g)].map(([, path, access]) => ({ path, access }));
  const pages = [];
  const known = new Set();
  stage.unreached = [];
  const add = async (name, reader, path) => {
    const answer = await read(stage, reader, path);
    const isPage = answer.type.startsWith("text/html") && answer.status < 300;
    if (isPage) pages.push({ name, reader, url: stage.server.url + path });
    for (const link of isPage ? links(answer.text) : []) known.add(link);
    return isPage;
  };
  for (const { path } of routes.filter(({ path }) => !path.includes("{"))) await add(path, OWN, path);
  await add("/articles (edited)", OWN, `/articles/${stage.edited}`);
  await add("/feeds/{id}/recurring", OWN, `${stage.alike}/recurring`);
  await add("/articles/{id}/versions", OWN, `/articles/${stage.edited}/versions`);
  for (const { path } of routes.filter(({ path }) => path.includes("{") && !pages.some(({ name }) => name === path) && !/^\/(static|media)\//.test(path))) {
    const shape = new RegExp(`^${path.replace(/\{\*\w+\}/g, ".+").replace(/\{\w+\}/g, "[^/?]+")}(\\?|$)`);
    const found = [...known].find((link) => shape.test(link));
    if (found) await add(path, /^\/[sp]\//.test(path) ? null : OWN, found);
    else stage.unreached.push(path);
  }
  await add("/search (found)", OWN, "/search?q=field");
  for (const { id, html } of stage.articles) {
    const lang = /<article class="art"[^>]* lang="([\w-]+)"/.exec(html)?.[1] ?? "none";
    if (html.includes("<h2")) await add(`/articles (${lang}, ${id})`, OWN, `/articles/${id}`);
  }
  for (const { path } of routes.filter(({ path, access }) => access === "User" && !path.includes("{"))) await add(`${path} (empty)`, EMPTY, path);
  for (const path of ["/unread", "/all", "/feeds", "/settings", "/rules", "/add"]) await add(`${path} (filled)`, FILLED, path);
  const filled = (await read(stage, FILLED, "/all")).text;
  for (const kind of ["articles", "feeds", "categories"]) {
    const link = links(filled).find((path) => new RegExp(`^/${kind}/\\d+(\\?|$)`).test(path));
    if (link) await add(`/${kind} (filled)`, FILLED, link);
  }
  pages.push({ name: "not found", reader: OWN, url: `${stage.server.url}/no-such-page` });
  pages.push({ name: "/login", reader: null, url: `${stage.server.url}/login` });
  pages.push({ name: "/login (wrong)", reader: null, url: `${stage.server.url}/login`, then: form({ name: "nobody", password: "something else" }) });
  pages.push({ name: "/setup", reader: null, url: `${stage.fresh.url}/setup` });
  pages.push({ name: "/add (found)", reader: OWN, url: `${stage.server.url}/add`, then: form({ address: `${stage.site.origin}/english` }) });
  await add("/rules (tried)", OWN, "/rules");
  const tried = pages.at(-1);
  if (tried?.name === "/rules (tried)") tried.then = form({ pattern: "the" }, "[value=try]");
  pages.push(...(await addOutside(stage, add)));
  pages.push({ name: "/settings/import (looked at)", reader: OWN, url: `${stage.server.url}/settings/import`, then: upload });
  pages.push({ name: "/add (wrong)", reader: OWN, url: `${stage.server.url}/add`, then: form({ address: "gone.invalid" }) });
  stage.unreached = stage.unreached.filter((path) => !pages.some(({ name }) => name === path) && !FILES.test(path));
  return pages;
}

/** Routes below the address of a link or a list that give files, and no page. */
const FILES = /^\/[sp]\/\{code\}.*(\.\w+|\/preview|\/\{address\})$/;

/** What those see who have no account: links, lists, the site of files. */
async function addOutside(stage, add) {
  const { given, files, server } = stage;
  const pages = [];
  for (const [name, path] of Object.entries(given)) await add(name === "list" ? "/p/{code}" : `/s (${name})`, null, path);
  const published = await read(stage, null, given.list);
  const one = links(published.text).find((path) => path.startsWith(`${given.list}/`) && !/\.(xml|json|epub)$/.test(path));
  if (one) await add("/p/{code}/{name}", null, one);
  pages.push({ name: "/s (locked, wrong)", reader: null, url: server.url + given.locked, then: form({ password: "guessed" }) });
  pages.push({ name: "/s (locked, opened)", reader: null, url: server.url + given.locked, then: form({ password: "three ears of wheat" }) });
  pages.push({ name: "/s (over)", reader: null, url: server.url + given.over });
  const site = await (await fetch(`${files.url}/index.html`)).text();
  const article = /href="(?:\.\/)?([^":]+\/[^":]+\.html)"/.exec(site.slice(site.indexOf('class="rows ')))?.[1];
  if (!article) throw new Error("the site of files lists no article");
  for (const path of ["index.html", "search.html", "archive/index.html", "feeds/index.html", "categories/index.html", article]) {
    pages.push({ name: `site (${path === article ? "article" : path})`, reader: null, url: `${files.url}/${path}` });
  }
  return pages;
}

/** Fills a page's form and sends it. */
const form = (fields, button = ".btn.main") => async (page) => {
  for (const [name, value] of Object.entries(fields)) await page.$eval(`main [name="${name}"]`, (field, text) => { field.value = text; }, value);
  await Promise.all([page.waitForNavigation(), page.$eval(`main form ${button}`, (found) => found.click())]);
};

/** Hands the list of subscriptions in that is to be taken in. */
const upload = async (page) => {
  const field = await page.$("main input[type=file]");
  if (!field) return; // it was handed in before
  await field.uploadFile(fileURLToPath(new URL("subscriptions.opml", import.meta.url)));
  await Promise.all([page.waitForNavigation(), field.evaluate(({ form: whole }) => whole.querySelector(".btn.main, button").click())]);
};

/** A tab of a reader's own. */
export async function tab(stage, reader, size, language = "en") {
  const context = await stage.browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(size);
  await page.setExtraHTTPHeaders({ "Accept-Language": language });
  // Shared pages allow no script at all, not even that of whoever looks at them.
  if (!reader) await page.setBypassCSP(true);
  if (reader) {
    const [name, value] = stage.cookies[reader.name].split(/=(.*)/s);
    await context.setCookie({ name, value, domain: "127.0.0.1", path: "/" });
  }
  return { page, close: () => soon(context.close()) };
}

/** Opens one page of the list and waits until it stands still. */
export async function show(page, { url, then }) {
  await page.goto(url, { waitUntil: "load" });
  await then?.(page);
  await page.waitForNetworkIdle({ idleTime: 200, timeout: 20_000 }).catch(() => {});
}

/** Goes through all pages, each reader in a tab of their own. */
export async function eachPage(stage, size, language, look) {
  const tabs = new Map();
  try {
    for (const entry of stage.pages) {
      const name = entry.reader?.name ?? "";
      if (!tabs.has(name)) tabs.set(name, await tab(stage, entry.reader, size, language));
      await show(tabs.get(name).page, entry);
      await look(tabs.get(name).page, entry);
    }
  } finally {
    for (const { close } of tabs.values()) await close();
  }
}
