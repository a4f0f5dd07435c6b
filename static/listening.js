// Reads an article aloud with the browser's own voices, sentence by sentence. What is being read is marked without any change
// to the page. Speed, voices and whether to go on with the next article are kept on this device: voices are its own.

const one = (selector) => document.querySelector(selector);
const speech = speechSynthesis;
const bar = one("#listening");
const { pause, speed, voice, stop, onward } = bar.elements;
const [pauseWords, goOnWords] = bar.dataset.words.split("|");
const art = one(".art");
const language = art.lang || document.documentElement.lang;
const blocks = "p, li, h1, h2, h3, h4, h5, h6, blockquote, dt, dd, figcaption, td, th, .text";
const silent = "pre, rt, rp, math, .copy, [data-embed-provider]";

let sentences = [];
let at = 0;
// What is being said; nothing while it rests.
let utterance = null;

/** Every sentence of the title and the text, as a range. */
function read() {
  const segmenter = new Intl.Segmenter(language, { granularity: "sentence" });
  const found = [];
  let nodes = [];
  const place = (offset) => {
    for (const node of nodes) {
      if (offset <= node.length) return [node, offset];
      offset -= node.length;
    }
    return [nodes.at(-1), nodes.at(-1).length];
  };
  const finish = () => {
    // A line of the source ends no sentence.
    const words = nodes.map((node) => node.data).join("").replace(/\s/gu, " ");
    for (const { segment, index } of segmenter.segment(words)) {
      if (!/[\p{L}\p{N}]/u.test(segment)) continue;
      const range = document.createRange();
      range.setStart(...place(index));
      range.setEnd(...place(index + segment.trimEnd().length));
      found.push(range);
    }
    nodes = [];
  };
  for (const root of [one(".art h1"), one(".art .text")]) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let block = root;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const around = node.parentElement;
      if (around.closest(silent)) continue;
      if (around.closest(blocks) !== block) {
        if (nodes.length) finish();
        block = around.closest(blocks);
      }
      nodes.push(node);
    }
    if (nodes.length) finish();
  }
  return found;
}

/** Where to begin: at what is selected, else at the first sentence in sight. */
function beginning() {
  const selection = getSelection();
  const begins = (range) => selection.isCollapsed
    ? range.getBoundingClientRect().bottom > 96
    : range.compareBoundaryPoints(Range.START_TO_END, selection.getRangeAt(0)) > 0;
  return scrollY < 96 && selection.isCollapsed ? 0 : Math.max(0, sentences.findIndex(begins));
}

/** The voices of the text's language; of Chinese, those of its script first. */
function voices() {
  const [primary, script] = language.split("-");
  const fits = (other) => other.lang.replace("_", "-").split("-")[0].toLowerCase() === primary;
  const regions = { Hans: /CN|SG/u, Hant: /TW|HK/u }[script];
  const own = speech.getVoices().filter(fits);
  return regions ? own.sort((a, b) => regions.test(b.lang) - regions.test(a.lang)) : own;
}

function mark(range) {
  globalThis.CSS?.highlights?.set("spoken", new Highlight(range));
  const box = range.getBoundingClientRect();
  if (box.top < 96 || box.bottom > innerHeight - 128) range.startContainer.parentElement.scrollIntoView({ block: "center" });
}

function rest() {
  utterance = null;
  speech.cancel();
  pause.textContent = goOnWords;
}

/** Says the sentence that it has come to, and then the next. */
function say() {
  const range = sentences[at];
  if (!range) return end();
  mark(range);
  const spoken = new SpeechSynthesisUtterance(range.toString().replace(/\s+/gu, " "));
  spoken.voice = voices().find((other) => other.voiceURI === voice.value) ?? null;
  spoken.lang = spoken.voice?.lang ?? language;
  spoken.rate = Number(speed.value);
  spoken.onend = () => {
    if (spoken !== utterance) return;
    at += 1;
    say();
  };
  // A browser may want a press of the button first.
  spoken.onerror = () => { if (spoken === utterance) rest(); };
  utterance = spoken;
  pause.textContent = pauseWords;
  speech.cancel();
  speech.speak(spoken);
}

function end() {
  utterance = null;
  speech.cancel();
  globalThis.CSS?.highlights?.delete("spoken");
  bar.hidden = true;
  const next = onward?.checked && at >= sentences.length && one("a[rel=next]");
  if (!next) return one("#listen button").focus({ preventScroll: true });
  sessionStorage.setItem("listen", "1");
  next.click();
}

/** Shows the bar and begins to read. */
export function start() {
  sentences = read();
  at = beginning();
  const options = voices().map((other) => {
    const option = new Option(other.name, other.voiceURI);
    option.selected = other.voiceURI === localStorage.getItem(`voice ${language}`);
    return option;
  });
  voice.replaceChildren(...options);
  voice.hidden = options.length < 2;
  speed.value = localStorage.getItem("speed") ?? "1";
  if (onward) onward.checked = localStorage.getItem("onward") === "1";
  bar.hidden = false;
  pause.focus({ preventScroll: true });
  say();
}

pause.addEventListener("click", () => (utterance ? rest() : say()));
stop.addEventListener("click", () => { at = 0; end(); });
bar.addEventListener("change", ({ target }) => {
  if (target === voice) localStorage.setItem(`voice ${language}`, voice.value);
  else if (target === onward) localStorage.setItem("onward", onward.checked ? "1" : "0");
  else localStorage.setItem("speed", speed.value);
  if (utterance && target !== onward) say();
});
addEventListener("pagehide", () => { utterance = null; speech.cancel(); });
