// Lighthouse's mobile profile on four pages. Its performance is measured three times and the median counts: the rest of the
// machine is never quite still.

import { FILLED, post } from "../gleaner.mjs";
import { links, read, tool } from "../stage.mjs";

const RUNS = 3;
const ATTEMPTS = 3;
const KINDS = { performance: "performance", accessibility: "accessibility", "best-practices": "best_practices" };
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

// A busy browser now and then loses the beginning of a recording: Lighthouse then asks to be run again.
async function look(lighthouse, address, options) {
  for (let attempt = 1; ; attempt += 1) {
    const result = await lighthouse(address, options);
    if (!result.lhr.runtimeError) return result;
    if (attempt === ATTEMPTS) throw new Error(`${address}: ${result.lhr.runtimeError.message}`);
  }
}

export default async function measure(stage, table) {
  // Lighthouse takes every answer for a measure of the server that it came through, also a picture that another site sent late.
  const { late } = stage.site;
  stage.site.late = 0;
  try {
    await keepPictures(stage);
    await score(stage, table);
  } finally {
    stage.site.late = late;
  }
}

// Everybody's pictures are kept when articles come, but those of the filled data have come before their pictures were to be had:
// whoever looks at a list has the server fetch them, and then make them small, on the processor on which the browser is timed.
async function keepPictures(stage) {
  const headers = { Cookie: stage.cookies[FILLED.name], Accept: "image/webp,image/*" };
  await post(stage.server, "/settings", { pictures: "all", keys: "1", swipes: "1", repeats: "1" }, headers.Cookie);
  for (const word of ["fetched", "made small"]) {
    const list = (await read(stage, FILLED, "/unread")).text;
    const addresses = [...list.matchAll(/"(\/media\/[^"]+)"/g)].map(([, address]) => address.replaceAll("&amp;", "&"));
    const answers = await Promise.all(addresses.map((address) => fetch(stage.server.url + address, { headers }).then(async (answer) => answer.arrayBuffer().then(() => answer.ok))));
    console.log(`  ${answers.filter(Boolean).length} of ${answers.length} pictures of the list ${word}`);
  }
}

async function score(stage, table) {
  const { default: lighthouse } = await tool("lighthouse");
  const article = links((await read(stage, FILLED, "/all")).text).find((link) => /^\/articles\/\d/.test(link));
  const pages = { login: ["/login", null], list: ["/unread", FILLED], article: [article, FILLED], feeds: ["/feeds", FILLED] };
  const port = Number(new URL(stage.browser.wsEndpoint()).port);
  let speed = 0;
  for (const [name, [path, reader]] of Object.entries(pages)) {
    const scores = {};
    const blamed = new Set();
    for (let run = 0; run < RUNS; run += 1) {
      const extraHeaders = reader ? { Cookie: stage.cookies[reader.name] } : {};
      const result = await look(lighthouse, stage.server.url + path, { port, logLevel: "error", output: "json", onlyCategories: Object.keys(KINDS), extraHeaders });
      speed = Math.max(speed, result.lhr.environment.benchmarkIndex);
      for (const [key, category] of Object.entries(result.lhr.categories)) {
        (scores[key] ??= []).push(Math.round(category.score * 100));
        for (const { id, weight } of category.auditRefs) {
          const audit = result.lhr.audits[id];
          if (weight > 0 && audit.score !== null && audit.score < 0.9) blamed.add(`${id} ${audit.displayValue ?? ""} ${JSON.stringify(audit.details?.items?.[0] ?? "").slice(0, 300)}`);
        }
      }
    }
    for (const line of blamed) console.log(`  ${name}: ${line}`);
    for (const [key, label] of Object.entries(KINDS)) table.add(`lighthouse_${name}_${label}`, median(scores[key]), "points", "100");
  }
  // Performance is that of a phone four times slower than this machine: a busy one measures itself.
  table.add("lighthouse_benchmark_index", Math.round(speed), "index", "over 1,500 on a quiet desktop");
}
