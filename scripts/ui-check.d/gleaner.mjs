// The program under check: a server on a free port over a data folder, and the readers that sign in to it.

import { spawn } from "node:child_process";
import { createServer } from "node:net";

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
        child.once("exit", done);
        child.kill();
      }),
  };
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
