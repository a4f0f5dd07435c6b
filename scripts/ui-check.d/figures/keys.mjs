// From a key to changed pixels: the time from the event to the frame after the one in which the change is drawn.

import { OWN } from "../gleaner.mjs";
import { DESKTOP, show, tab } from "../stage.mjs";

const TIMES = 30;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Installed before the page's own scripts: notes for each key how long it took until a frame had been drawn after it. */
function watch() {
  globalThis.keyTimes = [];
  addEventListener("keydown", (event) => {
    const begun = event.timeStamp;
    const before = globalThis.looks();
    requestAnimationFrame(() => {
      const changed = globalThis.looks() !== before;
      requestAnimationFrame((drawn) => globalThis.keyTimes.push({ changed, time: drawn - begun }));
    });
  }, true);
  // What the keys change: which row is current, and which are unread.
  globalThis.looks = () => [...document.querySelectorAll(".row")].map((row) => row.className).join();
}

export default async function keys(stage, table) {
  const { page, close } = await tab(stage, OWN, DESKTOP);
  await page.evaluateOnNewDocument(watch);
  for (const key of ["j", "m"]) {
    await show(page, { url: `${stage.server.url}/all` });
    if (key === "m") await page.keyboard.press("j");
    const times = [];
    for (let at = 0; at < TIMES; at += 1) {
      await page.evaluate(() => { globalThis.keyTimes = []; });
      // Down and up again, so that there is always another row.
      await page.keyboard.press(key === "j" && at % 20 > 10 ? "k" : key);
      await page.waitForFunction(() => globalThis.keyTimes.length > 0);
      const [{ changed, time }] = await page.evaluate(() => globalThis.keyTimes);
      if (!changed) throw new Error(`${key}, pressed the ${at + 1}th time, changed nothing before the next frame`);
      times.push(time);
    }
    table.add(`key_${key}`, median(times).toFixed(1), "ms", "at most 50");
  }
  await close();
}
