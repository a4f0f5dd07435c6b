// Every route that takes a form, with scripts switched off: is its form on a page, and does sending it do the work?

import { readFile } from "node:fs/promises";

import { OWN, signIn } from "../gleaner.mjs";
import { DESKTOP, read, renew, tab } from "../stage.mjs";

/** What is typed into fields that may not stay empty, by their name. */
const TYPED = {
  name: "sheaf", names: "sheaf", title: "Sheaves", address: "SITE/letters/1", url: "SITE/letters/1", pattern: "the", exact: "the field was not empty",
  password: "a field of ripe rye", current: OWN.password, category: "Sheaves",
};
/** Forms that stand in the answer to another: what was found at an address, and Undo. */
const AFTER = {
  "/add/follow": "/add", "/add/save": "/add", "/undo": "/mark-read", "/feeds/again": "/feeds/{id}/unsubscribe", "/tags/again": "/tags/{id}/delete",
  "/rules/apply": "/rules", "/rules/undo": "/rules/apply", "/feeds/several/undo": "/feeds/several", "/searches/again": "/searches/{id}/delete",
  "/highlights/again": "/highlights/{id}/delete", "/rules/again": "/rules/{id}/delete", "/categories/again": "/categories/{id}/delete",
  "/settings/import/forget": "/settings/import", "/settings/import/run": "/settings/import", "/settings/import/undo": "/settings/import/run",
};
/** What is typed into the form of one route alone. */
const TYPED_FOR = { "/feeds/{id}/address": { address: "SITE/letters/feed.json?moved" }, "/s/{code}": { password: "three ears of wheat" } };
/** Routes that have something to do only where something is unread. */
const READS = ["/mark-read", "/feeds/several", "/rules/apply"];
/** The button that is pressed so that the answer holds the form of a route. */
const BUTTON = { "/rules/apply": "[value=try]", "/feeds/several/undo": "[value=mute]" };
/** What ends something comes last, and what ends the session last of all. */
const LAST = [/delete|remove|unsubscribe/, /sessions\/end/, /settings\/password/, /logout/];
/** Not forms: what the page's script tells on its own, and what programs send. */
const NO_FORMS = /\/(opened|place|played)$|^\/api\/|^\/(login|setup)$/;
/** Files that are chosen for forms that take them. */
const FILE = new URL("../subscriptions.opml", import.meta.url).pathname;

const rank = (path) => LAST.findIndex((last) => last.test(path));

export default async function plain(stage, table) {
  const source = await readFile(new URL("../../../src/web/router.rs", import.meta.url), "utf8");
  const routes = [...source.matchAll(/\bpost\("([^"]+)", (\w+),/g)].map(([, path]) => path).filter((path) => !NO_FORMS.test(path));
  const place = (path) => rank(AFTER[path] ?? path);
  routes.sort((a, b) => place(a) - place(b) || (AFTER[a] ?? a).localeCompare(AFTER[b] ?? b) || (a in AFTER) - (b in AFTER));
  const { page, close } = await tab(stage, OWN, DESKTOP);
  await page.setJavaScriptEnabled(false);
  await signIn(stage.server, OWN); // another session, so that there is one to end
  const paths = [stage.given.locked, ...new Set(stage.pages.filter(({ reader, then }) => reader === OWN && !then).map(({ url }) => url.replace(stage.server.url, "")))];
  let works = 0;

  /** Looks for a form of this route on the page that is open; gives its place, or -1. */
  const find = (shape, wanted = "*") =>
    page.$$eval("form", (forms, pattern, wish) => {
      const matches = (address) => new RegExp(pattern).test(new URL(address, location.href).pathname);
      for (const form of forms) {
        const buttons = [...form.querySelectorAll("button:enabled")].filter((one) => one.matches(wish));
        const button = buttons.find((one) => one.hasAttribute("formaction") && matches(one.formAction)) ?? (matches(form.getAttribute("action") ?? "") ? buttons.find((one) => !one.hasAttribute("formaction")) : null);
        if (!button || form.hidden || form.method !== "post") continue;
        for (let place = form; place; place = place.parentElement) if (place.localName === "details") place.open = true;
        button.dataset.chosen = "";
        return true;
      }
      return false;
    }, shape, wanted);

  /** Fills and sends the chosen form, and gives the status of the page that follows. */
  const send = async (route) => {
    const form = (await page.$("form:has([data-chosen])"));
    const texts = Object.fromEntries(Object.entries({ ...TYPED, ...TYPED_FOR[route] }).map(([name, text]) => [name, text.replace("SITE", stage.site.origin)]));
    for (const input of await form.$$("input[type=file]")) await input.uploadFile(FILE);
    await form.evaluate((element, values) => {
      for (const field of element.elements) {
        if (field.type === "checkbox" && (field.required || ["read", "star", "later", "feed"].includes(field.name))) field.checked = true;
        else if (field.required && field.type !== "file" && (!field.value || field.name === "name" || field.name === "title")) field.value = values[field.name] ?? "1";
      }
    }, texts);
    const [answer] = await Promise.all([page.waitForNavigation({ timeout: 30_000 }), page.$eval("[data-chosen]", (button) => button.click())]);
    return answer?.status() ?? 200;
  };

  const shapeOf = (route) => `^${route.replace(/\{\w+\}/g, "[^/]+")}$`;

  /** Opens a page that has a form of this route, and sends it; gives the status that follows, or null. */
  const walk = async (route, button) => {
    const shape = shapeOf(route);
    if (READS.includes(route)) await renew(stage); // the forms before may have read everything
    if (AFTER[route]) {
      if (!(await find(shape))) await walk(AFTER[route], BUTTON[route]);
      // Work that is done beside shows its end when the page is loaded again.
      for (let tries = 0; tries < 5 && !(await find(shape)); tries += 1) await page.goto(page.url());
      return (await find(shape)) ? send(route) : null;
    }
    for (const { name, value } of await page.browserContext().cookies()) stage.cookies[OWN.name] = `${name}=${value}`;
    for (const path of paths) {
      const { text } = await read(stage, OWN, path);
      // A form without an address of its own is sent to that of its page.
      const forms = [...text.matchAll(/<form(?![^>]* action=)|action="([^"#]+)/g)].map(([, action]) => action ?? path);
      if (!forms.some((action) => new RegExp(shape).test(action.split("?")[0]))) continue;
      await page.goto(stage.server.url + path);
      if (await find(shape, button)) return send(route);
    }
    return null;
  };

  for (const route of routes) {
    const status = await walk(route).catch((error) => error.message);
    if (status < 400 && status !== null) works += 1;
    else console.log(`  ${route}: ${status ?? "no form on any page"}`);
  }
  await close();
  table.add("works_without_js", works, `of ${routes.length}`, "all");
}
