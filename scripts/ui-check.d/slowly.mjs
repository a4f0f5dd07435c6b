// A server in front of a server that hands pages on piece by piece, as a weak network does: a browser draws what it has.

import { createServer, request } from "node:http";

/** What arrives at once. It ends in the middle of anything. */
const PIECE = 1_700;
/** The most pieces of a page. */
const PIECES = 60;
/** Between two pieces there is time to draw, in milliseconds. */
const PAUSE = 40;

/** Starts one before the server at `origin`. */
export async function slowly(origin) {
  const { hostname, port } = new URL(origin);
  const server = createServer((asked, response) => {
    const headers = { ...asked.headers, "accept-encoding": "identity" };
    const behind = request({ hostname, port, path: asked.url, method: asked.method, headers }, async (answer) => {
      const { "content-length": length, ...rest } = answer.headers;
      response.writeHead(answer.statusCode, rest);
      if (!rest["content-type"]?.startsWith("text/html")) return answer.pipe(response);
      const page = Buffer.concat(await answer.toArray());
      const piece = Math.max(PIECE, page.length / PIECES);
      for (let at = 0; at < page.length; at += piece) {
        response.write(page.subarray(at, at + piece));
        await new Promise((done) => setTimeout(done, PAUSE));
      }
      response.end();
    });
    behind.on("error", () => response.destroy());
    asked.pipe(behind);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() ?? server.close() };
}
