// The figures of scripts/ui-check, one after another, and one line for each at the end.

import { openStage } from "./stage.mjs";
import { pictures, readme } from "./pictures.mjs";
import bytes from "./figures/bytes.mjs";
import keys from "./figures/keys.mjs";
import shift from "./figures/shift.mjs";
import plain from "./figures/plain.mjs";
import lighthouse from "./figures/lighthouse.mjs";
import axe from "./figures/axe.mjs";
import server from "./figures/server.mjs";

// What changes the data comes last.
const all = { server, bytes, keys, shift, lighthouse, axe, plain };

const words = process.argv.slice(2);
/** Takes an option with its value out of the words. */
const option = (name) => (words.includes(name) ? words.splice(words.indexOf(name), 2)[1] : null);
const folder = option("--pictures");
const only = option("--page");
const wanted = Object.keys(all).filter((name) => words.length === 0 || words.includes(name));

/** Collects the figures. `goal` is said in words that stand after the value. */
class Table {
  rows = [];

  add(name, value, unit, goal) {
    this.rows.push({ name, value, unit, goal });
    console.log(`  ${name.padEnd(34)} ${String(value).padStart(9)} ${unit.padEnd(11)} ${goal}`);
  }
}

const stage = await openStage();
if (only) stage.pages = stage.pages.filter(({ name }) => name.includes(only));
let failed = false;
try {
  if (folder) await pictures(stage, folder);
  else if (words.includes("--readme")) await readme(stage);
  else {
    const table = new Table();
    for (const name of wanted) {
      console.log(`\n${name}`);
      try {
        await all[name](stage, table);
      } catch (error) {
        // One figure that cannot be taken does not hide the others.
        console.error(`  ${name} could not be measured: ${error.stack}`);
        failed = true;
      }
    }
    console.log();
    for (const { name, value, unit } of table.rows) console.log(`figure ${name} ${value} ${unit}`);
  }
} finally {
  await stage.close();
}
// Not before what was printed has gone where it goes: a pipe is slow.
process.stdout.write("", () => process.exit(failed ? 1 : 0));
