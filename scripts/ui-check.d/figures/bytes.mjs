// What a first visit takes over the wire, with an empty cache, on a phone with the drawer closed.

import { FILLED } from "../gleaner.mjs";
import { links, PHONE, read, tab } from "../stage.mjs";

const kb = (bytes) => (bytes / 1024).toFixed(1);

/** Bytes by kind of everything that one page loads, heads of answers included; pictures of articles apart. */
async function firstVisit(stage, path) {
  const { page, close } = await tab(stage, FILLED, PHONE);
  const wire = await page.createCDPSession();
  const kinds = new Map();
  const sizes = {};
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  wire.on("Network.responseReceived", ({ requestId, type, response }) => {
    const own = response.url.startsWith(stage.server.url) && !new URL(response.url).pathname.startsWith("/media/");
    kinds.set(requestId, own ? type : "apart");
  });
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    sizes[kind] = (sizes[kind] ?? 0) + encodedDataLength;
  });
  await page.goto(stage.server.url + path, { waitUntil: "networkidle0" });
  await close();
  const { apart = 0, ...own } = sizes;
  const total = Object.values(own).reduce((sum, size) => sum + size, 0);
  const parts = Object.entries(own).map(([kind, size]) => `${kind} ${kb(size)}`).join(", ");
  console.log(`  ${path}: ${parts}; pictures of articles apart: ${kb(apart)}`);
  return total;
}

export default async function bytes(stage, table) {
  table.add("first_visit_list", kb(await firstVisit(stage, "/all")), "KB", "at most 32");
  const { text } = await read(stage, FILLED, "/all");
  const article = links(text).find((link) => /^\/articles\/\d/.test(link));
  table.add("first_visit_article", kb(await firstVisit(stage, article)), "KB", "at most 28");
  const { text: open } = await read(stage, FILLED, article);
  const files = new Set([...`${text}${open}`.matchAll(/(?:href|src)="(\/static\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file));
  const sizes = { js: 0, css: 0 };
  for (const file of files) {
    const answer = await fetch(stage.server.url + file, { headers: { "Accept-Encoding": "br" } });
    // The body is unpacked by fetch; its size on the wire stands in the head.
    sizes[file.split(".").pop()] += Number(answer.headers.get("content-length"));
    await answer.arrayBuffer();
  }
  table.add("js_compressed", kb(sizes.js), "KB", "at most 12");
  table.add("css_compressed", kb(sizes.css), "KB", "at most 10");
}
