// The server's own time for pages, as scripts/bench takes it: one connection, each page drawn anew.

import { execFileSync } from "node:child_process";

export default async function server(stage, table) {
  const words = ["bench", "--locked", "--quiet", "--profile", process.env.GLEANER_PROFILE, "--bench", "house", "--"];
  const own = ["--gleaner", process.env.GLEANER_BINARY, "--filled", process.env.UI_CHECK_FILLED, "pages"];
  const said = execFileSync("cargo", [...words, ...own], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const value = (name) => new RegExp(`^figure ${name} (\\S+)`, "m").exec(said)?.[1];
  for (const [name, figure] of [["server_list_p50", "list_drawn_p50"], ["server_article_p50", "article_drawn_p50"], ["server_list_again_p50", "list_p50"], ["server_article_again_p50", "article_p50"]]) {
    table.add(name, value(figure), "ms", "at most 2");
  }
}
