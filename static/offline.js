// Tells the worker that a page is looked at, and shows what it knows better than a kept copy. The page's other script does
// that: it knows how marks look. Where the reader keeps nothing there is no worker, and nothing happens.

const worker = navigator.serviceWorker;
const kind = document.querySelector("[data-copy-of]") ? "copy" : "page";
const visit = () => worker.controller?.postMessage(kind);

if (worker) {
  worker.addEventListener("message", ({ data: { show } }) => {
    if (show) document.dispatchEvent(new CustomEvent("marks", { detail: show }));
  });
  worker.startMessages();
  if (document.prerendering) document.addEventListener("prerenderingchange", visit, { once: true });
  else visit();
  addEventListener("online", visit);
}
