// Pictures of the pages: all of them for whoever looks for what is ugly, and the few of the README.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { OWN } from "./gleaner.mjs";
import { DESKTOP, eachPage, PHONE, show, tab, TABLET } from "./stage.mjs";

const THEMES = ["paper", "night", "sepia", "eink"];
const theme = (page, name) => page.evaluate((value) => { document.documentElement.dataset.theme = value; }, name);

/** Every page at three sizes in four themes. */
export async function pictures(stage, folder) {
  await mkdir(folder, { recursive: true });
  let count = 0;
  for (const size of [PHONE, TABLET, DESKTOP]) {
    await eachPage(stage, size, "en", async (page, { name }) => {
      for (const one of THEMES) {
        await theme(page, one);
        const file = `${name.replace(/[^\p{L}\d]+/gu, "-").replace(/^-|-$/g, "") || "home"}-${size.width}-${one}.png`;
        await page.screenshot({ path: join(folder, file) });
        count += 1;
      }
    });
  }
  console.log(`${count} pictures in ${folder}`);
}

/** What stands in the README: lists and articles of our own making. */
export async function readme(stage) {
  const folder = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
  await mkdir(folder, { recursive: true });
  const article = (title) => `/articles/${stage.articles.find(({ html }) => html.includes(title)).id}`;
  const shots = [
    ["list-desktop", "/all", DESKTOP, "paper", "en"],
    ["article-desktop-sepia", article("What the gleaners knew"), DESKTOP, "sepia", "en"],
    ["list-phone", "/all", PHONE, "paper", "zh-Hans"],
    ["article-phone-chinese", article("拾穗的人"), PHONE, "paper", "zh-Hans"],
    ["article-phone-japanese", article("落穂拾い"), PHONE, "night", "en"],
    ["article-phone-arabic", article("عن اللقاط"), PHONE, "eink", "en"],
  ];
  for (const [name, path, size, look, language] of shots) {
    const { page, close } = await tab(stage, OWN, size, language);
    await show(page, { url: stage.server.url + path });
    await theme(page, look);
    await page.screenshot({ path: join(folder, `${name}.webp`), type: "webp", quality: 80 });
    await close();
    console.log(`docs/screenshots/${name}.webp`);
  }
}
