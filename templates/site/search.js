// The search of a site of files: looks for every word in titles and beginnings of texts, in any script.
(() => {
  const articles = self.articles || [];
  const box = document.getElementById("q");
  const found = document.getElementById("found");
  const none = document.getElementById("none");
  const MOST = 100;
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  let folded = null;

  const element = (name, text, lang) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (lang) made.lang = lang;
    return made;
  };

  const row = ([id, title, excerpt, source, day, lang]) => {
    const line = element("li");
    line.className = "row";
    const meta = element("div");
    meta.className = "meta";
    meta.append(element("span", source), element("time", day));
    const link = element("a", title);
    link.href = `articles/${Number(id)}.html`;
    const heading = element("h3", "", lang);
    heading.dir = "auto";
    heading.append(link);
    line.append(meta, heading);
    if (excerpt && excerpt !== title) {
      const text = element("p", excerpt, lang);
      text.dir = "auto";
      line.append(text);
    }
    return line;
  };

  const look = () => {
    folded ??= articles.map(([, title, excerpt, source]) => [fold(title), fold(`${title}\n${excerpt}\n${source}`)]);
    const words = fold(box.value).split(/\s+/u).filter(Boolean);
    const inTitle = [];
    const inText = [];
    if (words.length) {
      folded.forEach(([title, whole], at) => {
        if (!words.every((word) => whole.includes(word))) return;
        (words.every((word) => title.includes(word)) ? inTitle : inText).push(articles[at]);
      });
    }
    const hits = inTitle.concat(inText).slice(0, MOST);
    found.replaceChildren(...hits.map(row));
    none.hidden = !words.length || hits.length > 0;
  };

  let waiting;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 80);
  });
  box.parentElement.hidden = false;
  box.value = new URLSearchParams(location.search).get("q") || "";
  if (box.value) look();
  box.focus();
})();
