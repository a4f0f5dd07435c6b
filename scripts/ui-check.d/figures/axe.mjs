// axe-core on every page, at both sizes, in every theme, in English and Chinese. A theme changes colours alone, so all rules
// run once for each page and size and language, and those about colours again for each theme.

import { DESKTOP, eachPage, PHONE, toolText } from "../stage.mjs";

/** What a page is looked at in: its theme, and what the device prefers. */
const THEMES = [["paper", "light"], ["night", "light"], ["sepia", "light"], ["eink", "light"], ["auto", "light"], ["auto", "dark"]];
const COLOURS = ["color-contrast", "link-in-text-block", "color-contrast-enhanced"];
/** Off by default: targets of 24 pixels, and text at 7:1 instead of 4.5:1. */
const MORE = { "target-size": { enabled: true }, "color-contrast-enhanced": { enabled: true } };

const run = (page, options) =>
  page.evaluate(async (wishes) => {
    const { violations } = await globalThis.axe.run(document, { ...wishes, resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, failureSummary }) => ({ target: target.join(" "), why: failureSummary })) }));
  }, options);

export default async function axe(stage, table) {
  const source = await toolText("axe-core/axe.min.js");
  const found = new Map();
  let runs = 0;
  for (const language of ["en", "zh-Hans"]) {
    for (const [size, device] of [[PHONE, "phone"], [DESKTOP, "desktop"]]) {
      console.log(`  ${language}, ${device} …`);
      await eachPage(stage, size, language, async (page, { name }) => {
        await page.evaluate(source);
        for (const [at, [theme, scheme]] of THEMES.entries()) {
          if (at > 0 && language !== "en") break;
          await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          await page.evaluate((value) => { document.documentElement.dataset.theme = value; }, theme);
          const options = at === 0 ? { rules: MORE } : { runOnly: { type: "rule", values: COLOURS }, rules: MORE };
          for (const { id, help, nodes } of await run(page, options)) {
            for (const { target, why } of nodes) {
              const key = `${id} ${target.replace(/\d+/g, "N")}`;
              if (!found.has(key)) console.log(`  ${id}: ${help}\n    ${name}, ${device}, ${theme}: ${target}\n    ${why?.replace(/\s+/g, " ")}`);
              found.set(key, { id, times: (found.get(key)?.times ?? 0) + 1 });
            }
          }
          runs += 1;
        }
      });
    }
  }
  for (const [key, { times }] of found) console.log(`  ${times} times ${key}`);
  const count = (isWanted) => [...found.values()].filter(({ id }) => isWanted(id)).reduce((sum, { times }) => sum + times, 0);
  table.add("axe_runs", runs, "runs", "");
  table.add("axe_violations", count((id) => id !== "color-contrast-enhanced"), "violations", "0");
  table.add("text_below_7_to_1", count((id) => id === "color-contrast-enhanced"), "violations", "0");
}
