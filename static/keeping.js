// On the page about reading without a network: switches it on and off on this device, and says what is kept.

const box = document.querySelector("#keeping");
const worker = navigator.serviceWorker;
// Digits as the server writes them.
const lang = `${document.documentElement.lang}-u-nu-latn`;
// The one address that may become a script.
const rules = { createScriptURL: () => box.dataset.worker };
const policy = window.trustedTypes?.createPolicy("reader", rules) ?? rules;

const say = (keys, values) => {
  const words = keys.map((key) => box.dataset[key].replace(/\{(\w+)\}/g, (_, name) => values[name]));
  box.querySelector("[role=status]").textContent = words.join(" ");
};

/** How many bytes are kept here. */
async function bytesOf(name) {
  const cache = await caches.open(name);
  let bytes = 0;
  for (const request of await cache.keys()) bytes += (await (await cache.match(request, { ignoreVary: true })).blob()).size;
  return bytes;
}

const number = (value, options) => new Intl.NumberFormat(lang, options).format(value);

async function show({ size: articles, at, length, failed }) {
  const [keep, forget] = box.querySelectorAll("button");
  keep.disabled = forget.disabled = false;
  forget.hidden = !at;
  if (failed) return say(["failed"]);
  if (!at) return say(["off"]);
  const scope = new URL("./", new URL(box.dataset.worker, location)).pathname;
  const megabytes = number((await bytesOf(`gleaner ${scope}`)) / 1e6, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  const time = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
  const words = { articles: number(articles), size: megabytes, time, n: number(length) };
  say(length ? ["kept", "waiting"] : ["kept"], words);
}

if (box && worker) {
  const [keep, forget] = box.querySelectorAll("button");
  const active = async () => (await worker.getRegistration(box.dataset.worker))?.active;
  worker.addEventListener("message", ({ data }) => { if (!data.show) show(data); });
  worker.startMessages();
  keep.parentElement.hidden = false;
  active().then((running) => (running ? running.postMessage("report") : show({})));
  keep.addEventListener("click", async () => {
    keep.disabled = true;
    say(["busy"]);
    try {
      await worker.register(policy.createScriptURL(""));
      (await worker.ready).active.postMessage("keep");
    } catch {
      show({ failed: true });
    }
  });
  forget.addEventListener("click", async () => {
    forget.disabled = true;
    (await active())?.postMessage("forget");
  });
}
