// What a page can do better with a script. Nothing here is needed: every page works without it.
(() => {
  "use strict";

  // a browser may skip autofocus when a page comes late: whoever works by keys would lose the place
  const wanted = document.querySelector("[autofocus]");
  if (wanted && document.activeElement === document.body) wanted.focus();

  // "/" goes to the search box, as at any desk
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector("[data-seek]");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });

  // a scanner of cards is a very fast typist who ends with Enter: from anywhere on the page its number is looked up;
  // from a field that asks for something else it goes into the box, and the field gets back what stood there
  let scanned = "", before = "", last = 0, where = null;
  document.addEventListener("keydown", (event) => {
    const box = document.querySelector("[data-seek]");
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (field && (field === box || field.matches("textarea") || /card|number|code|receipt/.test(field.name || ""))) return;
    if (event.timeStamp - last > (field ? 40 : 60) || field !== where) {  // it stays in the field it began in
      scanned = "";
      before = field ? field.value : "";
    }
    last = event.timeStamp;
    where = field;
    if (event.key === "Enter" && scanned.length >= (field ? 10 : 6)) {
      event.preventDefault();
      if (field) field.value = before;
      box.value = scanned;
      scanned = "";
      if (field) box.focus();
      else box.form.requestSubmit();
    } else if (event.key.length === 1) {
      scanned += event.key;
    }
  });

  // buttons that only make sense with a script are hidden until it runs
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // the code page stays lit while it is shown
  if (document.querySelector("[data-stay-lit]") && "wakeLock" in navigator) {
    const light = () => navigator.wakeLock.request("screen").catch(() => undefined);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && light());
    light();
  }

  // the card is kept for a till without network while one is signed in, and forgotten when one is not
  const main = document.querySelector("[data-worker]");
  if (main && "serviceWorker" in navigator) {
    const say = (registration) => registration.active && registration.active.postMessage(main.dataset.card);
    if (main.dataset.card === "keep") {
      navigator.serviceWorker.register(main.dataset.worker).then(() => navigator.serviceWorker.ready).then(say).catch(() => undefined);
    } else {
      navigator.serviceWorker.getRegistration(main.dataset.worker).then((known) => known && say(known)).catch(() => undefined);
    }
  }

  // the kept card gives way to the fresh one as soon as there is a network
  const kept = document.querySelector("[data-offline]");
  if (kept) {
    const look = () => fetch(kept.dataset.offline, { credentials: "same-origin", cache: "no-store" })
      .then((answer) => answer.ok && window.location.replace(kept.dataset.offline))
      .catch(() => undefined);
    window.addEventListener("online", look);
    window.setInterval(look, 5000);
  }

  // a form is sent once, however fast one taps
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, 4000);
  });
})();
