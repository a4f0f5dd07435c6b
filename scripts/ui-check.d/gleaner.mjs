// The program under check: a server on a free port over a data folder, and the readers that sign in to it.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer as createSite } from "node:http";
import { createServer } from "node:net";
import { extname, join, normalize } from "node:path";

/** The account of the filled data (benches/house/program.rs). */
export const FILLED = { name: "bench", password: "a long enough pass phrase" };
/** A reader who follows our own articles alone. */
export const OWN = { name: "ruth", password: "a field of ripe wheat" };
/** A reader who has nothing yet. */
export const EMPTY = { name: "empty", password: "nothing has grown yet" };

/** A port that is free now. */
const freePort = () =>
  new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

function start(binary, folder, words, input) {
  const env = { ...process.env, GLEANER_DATA: folder, GLEANER_ALLOW_NET: "127.0.0.0/8", GLEANER_HOST_INTERVAL: "0s", GLEANER_LOG: "error" };
  const child = spawn(binary, words, { env, stdio: [input ? "pipe" : "ignore", "ignore", "inherit"] });
  child.stdin?.end(`${input}\n`);
  return child;
}

/** Runs one command of the program to its end. */
export const command = (binary, folder, words, input) =>
  new Promise((done, failed) => {
    start(binary, folder, words, input).once("exit", (code) => (code ? failed(new Error(`gleaner ${words.join(" ")}: ${code}`)) : done()));
  });

/** Starts a server and waits until it answers. */
export async function serve(binary, folder) {
  const port = await freePort();
  const child = start(binary, folder, ["serve", "--listen", `127.0.0.1:${port}`]);
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const answers = await fetch(`${url}/healthz`).then((a) => a.ok, () => false);
    if (answers) break;
    if (tries > 600 || child.exitCode !== null) throw new Error("the server does not answer");
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    url,
    stop: () =>
      new Promise((done) => {
        // Whoever stopped this may have stopped the server, too: nobody waits for what is gone.
        if (child.exitCode !== null || child.signalCode) return done();
        child.once("exit", done);
        child.kill();
      }),
  };
}

const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json" };

/** Serves a folder of files, as any web server would. */
export async function serveFiles(folder) {
  const server = createSite(async ({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
    const body = await readFile(join(folder, path.endsWith("/") ? `${path}index.html` : path)).catch(() => null);
    if (body) response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/html; charset=utf-8" }).end(body);
    else response.writeHead(404).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.closeAllConnections() ?? server.close() };
}

/** Sends a form as a browser would, and gives the answer. */
export function post(server, path, fields, cookie) {
  const headers = { Origin: server.url, "Sec-Fetch-Site": "same-origin", ...(cookie && { Cookie: cookie }) };
  return fetch(server.url + path, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
}

/** Signs in and gives the cookie. */
export async function signIn(server, reader) {
  const answer = await post(server, "/login", reader);
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (!cookie) throw new Error(`${reader.name} cannot sign in: ${answer.status}`);
  return cookie;
}
