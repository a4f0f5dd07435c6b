// The outside world of the check, on loopback: feeds of our own articles in many scripts, and pictures that come late.

import { createServer } from "node:http";
import { deflateSync } from "node:zlib";
import { readdirSync, readFileSync } from "node:fs";

/** The port at which the filled data asks for its pictures (`PICTURES` in benches/house/main.rs). */
const PORT = 7480;
/** How late a picture comes: late enough that a page which keeps no room for it would move. */
const LATE = 150;

/** A feed that nobody follows until a form is tried on it. */
export const UNFOLLOWED = "letters";
/** Whether the first English article was changed at its source since it was first read. */
let isEdited = false;
/** The feeds: one for each file of `articles/`. */
export const FEEDS = readdirSync(new URL("articles/", import.meta.url)).sort().map((name) => name.replace(".html", ""));

/**
 * A file holds articles divided by `===`; each has lines `title:`, `author:` and `hours:` (its age), an empty line, and HTML.
 * The first line of the file is the feed's title, the second its language.
 */
function feedOf(name, origin) {
  const text = readFileSync(new URL(`articles/${name}.html`, import.meta.url), "utf8");
  const [head, ...articles] = text.split(/^===\n/m);
  const [title, language] = head.split("\n");
  const now = Date.now();
  const items = articles.map((article, at) => {
    const end = article.indexOf("\n\n");
    const fields = Object.fromEntries(article.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s)));
    return {
      id: `${origin}/${name}/${at + 1}`,
      url: `${origin}/${name}/${at + 1}`,
      title: fields.title,
      authors: fields.author ? [{ name: fields.author }] : [],
      date_published: new Date(now - fields.hours * 3_600_000).toISOString(),
      content_html: edited(article.slice(end).trim().replaceAll("ORIGIN", origin), name === "english" && !at),
    };
  });
  return { version: "https://jsonfeed.org/version/1.1", title, language, home_page_url: `${origin}/${name}`, feed_url: `${origin}/${name}/feed.json`, items };
}

/** The text as it is after its edit: another last paragraph, and one less. */
const edited = (html, isOne) => (isEdited && isOne ? `${html.replace(/<p>[^]*?<\/p>/, "")}<p>Later the writer came back to the field, and added this sentence.</p>` : html);

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Starts the site. */
export async function openSite() {
  const site = { origin: `http://127.0.0.1:${PORT}`, late: LATE, edit: () => { isEdited = true; }, close: () => server.closeAllConnections() ?? server.close() };
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    const path = new URL(request.url, origin).pathname;
    const picture = /^(\/\d+)?\/img\/(\d+)\.png$/.exec(path);
    const [, name, rest] = /^\/([\w-]+)(?:\/(.*))?$/.exec(path) ?? [];
    const answer = (type, body) => response.writeHead(200, { "Content-Type": type }).end(body);
    if (picture) return void setTimeout(() => answer("image/png", landscape(Number(picture[2]), picture[1] !== undefined)), site.late);
    if (!FEEDS.includes(name)) return response.writeHead(404).end();
    const feed = feedOf(name, origin);
    if (rest === "feed.json") return answer("application/feed+json", JSON.stringify(feed));
    const item = feed.items[Number(rest) - 1];
    const link = `<link rel="alternate" type="application/feed+json" title="${escape(feed.title)}" href="/${name}/feed.json">`;
    const heading = `<h1>${escape(item?.title ?? feed.title)}</h1>`;
    const body = item ? `<article>${heading}${item.content_html}</article>` : heading;
    answer("text/html; charset=utf-8", `<!doctype html><html lang="${feed.language}"><head><title>${escape(item?.title ?? feed.title)}</title>${link}</head><body>${body}</body></html>`);
  });
  await new Promise((done, failed) => server.once("error", () => failed(new Error(`port ${PORT} is taken: does another ui-check run?`))).listen(PORT, "127.0.0.1", done));
  return site;
}

// Pictures: fields under a sky, each number another hour of the day. Drawn once each.

const drawn = new Map();
const skies = [["#f3d9a4", "#e9a15b"], ["#cfe0ea", "#f4ead2"], ["#31405c", "#d98a5f"], ["#b9d3d6", "#e9efe0"], ["#f0e2c3", "#c9d9df"]];
const fields = [["#c9962f", "#8d6a1f"], ["#9fa653", "#5d6b33"], ["#7a5a2a", "#4b3a20"], ["#d8b24a", "#a07a28"], ["#8fa06a", "#566544"]];
const colour = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mix = (a, b, share) => a.map((value, at) => Math.round(value + (b[at] - value) * share));

/** A picture of this number, 3:2, some of them upright; those of the filled articles are as wide and high as these say. */
function landscape(number, filled) {
  const name = `${number} ${filled}`;
  if (drawn.has(name)) return drawn.get(name);
  const [width, height] = filled ? [640, 360] : number % 7 === 3 ? [480, 720] : [720, 480];
  const [top, low] = skies[number % skies.length].map(colour);
  const rows = Buffer.alloc(height * (1 + width * 3));
  const hills = [0.5, 0.62, 0.76].map((level, at) => ({ level, [0]: mix(...fields[(number + at) % fields.length].map(colour), at / 3), wave: 1.5 + ((number * 7 + at * 3) % 5), shift: number * 1.7 + at * 2.1 }));
  for (let y = 0; y < height; y += 1) {
    const sky = mix(top, low, Math.min(1, y / height / 0.55));
    for (let x = 0; x < width; x += 1) {
      let pixel = sky;
      for (const hill of hills) {
        const edge = hill.level + 0.045 * Math.sin((x / width) * hill.wave * 3 + hill.shift);
        if (y / height > edge) pixel = mix(hill[0], [30, 26, 18], Math.min(0.5, (y / height - edge) * 0.9) + (((x * 3 + y) >> 2) % 5 === 0 ? 0.05 : 0));
      }
      rows.set(pixel, y * (1 + width * 3) + 1 + x * 3);
    }
  }
  const png = encode(width, height, rows);
  drawn.set(name, png);
  return png;
}

/** A PNG of rows of RGB, each after a filter byte. */
function encode(width, height, rows) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 6 })), chunk("IEND", Buffer.alloc(0))]);
}

/** The checksum of a PNG chunk (zlib.crc32 is younger than Node 20). */
function crc(bytes) {
  let rest = -1;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ -1) >>> 0;
}
