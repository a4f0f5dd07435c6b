// Layout shift: what moves on a page by itself while it loads, at once and piece by piece, while late pictures arrive, and while
// it is scrolled.

import { slowly } from "../slowly.mjs";
import { DESKTOP, eachPage, PHONE } from "../stage.mjs";

/** The shifts of this page so far, with what moved; first, it may be scrolled to its end. */
async function shifts(page, scrolls) {
  return page.evaluate(async (height) => {
    const entries = [];
    const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    const pause = (time) => new Promise((done) => setTimeout(done, time));
    for (let y = 0; y < Math.min(document.documentElement.scrollHeight, height); y += innerHeight * 0.8) {
      scrollTo(0, y);
      await pause(60);
    }
    await pause(250);
    entries.push(...observer.takeRecords());
    observer.disconnect();
    const name = (node) => (node?.nodeType === 1 ? `${node.localName}.${node.className}` : node?.parentElement?.localName ?? "gone");
    return {
      score: entries.filter((entry) => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0),
      moved: [...new Set(entries.flatMap((entry) => entry.sources.map(({ node }) => name(node))))].slice(0, 4),
    };
  }, scrolls ? 12_000 : 0);
}

export default async function shift(stage, table) {
  let worst = 0;
  let moving = 0;
  let count = 0;
  const slow = new Map();
  for (const { url: origin } of [stage.server, stage.fresh, stage.files]) slow.set(origin, await slowly(origin));
  const pages = stage.pages.map((page) => {
    const { origin } = new URL(page.url);
    return { ...page, url: page.url.replace(origin, slow.get(origin).url) };
  });
  for (const [arriving, seen] of [["", stage], [", piece by piece", { ...stage, pages }]]) {
    for (const [size, device] of [[PHONE, "phone"], [DESKTOP, "desktop"]]) {
      await eachPage(seen, size, "en", async (page, { name }) => {
        const { score, moved } = await shifts(page, seen === stage);
        count += 1;
        worst = Math.max(worst, score);
        if (score > 0) {
          moving += 1;
          console.log(`  ${score.toFixed(4)} ${name}, ${device}${arriving}: ${moved.join(" ")}`);
        }
      });
    }
  }
  for (const { close } of slow.values()) close();
  console.log(`  ${count} times a page was looked at${stage.unreached.length ? `; not reached: ${stage.unreached.join(" ")}` : ""}`);
  table.add("layout_shift_worst", worst.toFixed(4), "score", "0");
  table.add("pages_that_shift", moving, "pages", "0");
}
