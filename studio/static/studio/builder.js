// The builder's hands: keys, lists below fields, focus that stays. What a rule means is said by the server.
(() => {
  "use strict";
  const form = document.getElementById("rule");

  // Lists below a field -----------------------------------------------------------------------------------------
  const listOf = (combo) => combo.querySelector("[role=listbox]");
  const inputOf = (combo) => combo.querySelector("input[type=text]");
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

  const close = (combo) => {
    const list = listOf(combo);
    if (!list) return;
    list.hidden = true;
    inputOf(combo).setAttribute("aria-expanded", "false");
    inputOf(combo).removeAttribute("aria-activedescendant");
  };

  const point = (combo, option) => {
    for (const other of combo.querySelectorAll("[role=option]")) other.setAttribute("aria-selected", String(other === option));
    if (!option) return;
    option.id ||= `${listOf(combo).id}-${[...option.parentNode.children].indexOf(option)}`;
    inputOf(combo).setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  let asked = 0;
  const look = async (combo, words) => {
    const list = listOf(combo);
    if (!list) return;
    const mine = (asked += 1);
    const answer = await fetch(`${combo.dataset.from}?q=${encodeURIComponent(words)}`, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer || !answer.ok || mine !== asked || document.activeElement !== inputOf(combo)) return;
    list.innerHTML = await answer.text();
    list.hidden = false;
    inputOf(combo).setAttribute("aria-expanded", "true");
    if (words && !combo.querySelector("[aria-selected=true]")) point(combo, list.querySelector("[data-value]"));
  };

  const take = (combo, value, label) => {
    const input = inputOf(combo);
    if (!value) return;
    if (combo.hasAttribute("data-many")) {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.dataset.token = "";
      tag.append(label);
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: combo.dataset.name, value });
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `${combo.dataset.remove} ${label}`);
      button.textContent = "×";
      tag.append(hidden, button);
      input.before(tag);
      input.value = "";
    } else {
      input.value = value;
    }
    close(combo);
    changed(input);
  };

  // An unnamed field that is left with words in it means them
  const finish = (combo) => {
    const input = inputOf(combo);
    if (combo.hasAttribute("data-many") && input.value.trim()) take(combo, input.value.trim(), input.value.trim());
  };

  document.addEventListener("focusin", (event) => {
    const combo = event.target.closest?.("[data-combo]");
    for (const other of document.querySelectorAll("[data-combo]")) if (other !== combo) close(other);
    if (combo && event.target === inputOf(combo)) look(combo, combo.hasAttribute("data-many") ? event.target.value : "");
  });
  document.addEventListener("focusout", (event) => {
    const combo = event.target.closest?.("[data-combo]");
    if (combo && event.target === inputOf(combo) && !combo.contains(event.relatedTarget)) {
      finish(combo);
      close(combo);
    }
  });
  let pause = 0;
  document.addEventListener("input", (event) => {
    const combo = event.target.closest?.("[data-combo]");
    if (!combo || event.target !== inputOf(combo)) return;
    if (combo.hasAttribute("data-many")) event.stopPropagation(); // half a word is not a value yet
    // what is there already is narrowed at once, the rest is asked for
    const words = event.target.value.trim().toLowerCase();
    const shown = [...(listOf(combo)?.querySelectorAll("[data-value]") ?? [])].filter((one) => {
      one.hidden = !one.dataset.value.toLowerCase().includes(words) && !one.textContent.toLowerCase().includes(words);
      return !one.hidden;
    });
    point(combo, words ? shown[0] : null);
    window.clearTimeout(pause);
    pause = window.setTimeout(() => look(combo, event.target.value), 120);
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("[data-combo] [data-value]");
    if (!option) return;
    event.preventDefault();
    take(option.closest("[data-combo]"), option.dataset.value, option.firstElementChild.textContent);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-token] button");
    if (!button) return;
    const combo = button.closest("[data-combo]");
    button.closest("[data-token]").remove();
    inputOf(combo).focus();
    changed(inputOf(combo));
  });

  const comboKeys = (event, combo) => {
    const list = listOf(combo);
    const input = inputOf(combo);
    const options = list && !list.hidden ? [...list.querySelectorAll("[data-value]:not([hidden])")] : [];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!options.length) return look(combo, input.value), true;
      point(combo, options[(at + (event.key === "ArrowDown" ? 1 : options.length - 1 + (at < 0))) % options.length]);
      return true;
    }
    if (event.key === "Escape" && options.length) return close(combo), event.preventDefault(), true;
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      take(combo, options[at].dataset.value, options[at].firstElementChild.textContent);
      return true;
    }
    if ((event.key === "Enter" || event.key === ",") && combo.hasAttribute("data-many") && input.value.trim()) {
      event.preventDefault();
      finish(combo);
      return true;
    }
    if (event.key === "Backspace" && !input.value && combo.hasAttribute("data-many")) {
      const last = [...combo.querySelectorAll("[data-token]")].pop();
      if (last) return last.remove(), changed(input), true;
    }
    return false;
  };

  // a browser may skip autofocus when a page comes late: whoever works by keys would lose the place
  const wanted = document.querySelector("[autofocus]");
  if (wanted && document.activeElement === document.body) wanted.focus();

  // Rules by keys, on the page of their order: the button of the row does it
  document.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const button = event.altKey && way ? event.target.closest?.(".order > li")?.querySelector(`button[value=${way}]`) : null;
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  if (!form) return;

  // Rows by keys ------------------------------------------------------------------------------------------------
  const ask = (verb) => {
    const field = document.getElementById("do");
    field.value = verb;
    field.disabled = false;
    form.requestSubmit();
  };
  // what was asked goes with one request only
  form.addEventListener("htmx:configRequest", () => { document.getElementById("do").disabled = true; });
  form.addEventListener("keydown", (event) => {
    const combo = event.target.closest("[data-combo]");
    if (combo && !event.altKey && comboKeys(event, combo)) return;
    const row = event.target.closest("[data-row]");
    const place = row?.dataset.row;
    if (event.altKey && place && place !== "when") {
      const verb = { ArrowUp: "up", ArrowDown: "down", Delete: "drop", Backspace: "drop" }[event.key];
      if (verb) {
        event.preventDefault();
        ask(`${verb}:${place}`);
      }
      return;
    }
    if (event.key === "Enter" && event.target.matches("input, select") && !event.target.matches("[type=checkbox]")) {
      event.preventDefault();
      if (row?.matches(".rule-row")) ask(`after:${place}`);
      else changed(event.target);
    }
  });

  // Focus, saving, leaving --------------------------------------------------------------------------------------
  const focusable = "select, input:not([type=hidden]), button";
  const goTo = (place) => {
    const key = place.replaceAll(".", "-");
    const spot = document.getElementById(`at-${key}`) ?? document.getElementById(place.replaceAll(".", "-"));
    const target = spot?.matches(focusable) ? spot : spot?.querySelector(focusable) ?? document.getElementById(`f-${key}`);
    target?.focus();
  };
  let before = null;
  document.body.addEventListener("htmx:beforeSwap", () => {
    const active = document.activeElement;
    before = active && form.contains(active) ? { id: active.id, name: active.name, value: active.value } : null;
  });
  document.body.addEventListener("rule-saved", (event) => {
    const { focus, redraw } = event.detail;
    for (const panel of document.querySelectorAll(".is-tried .stale")) panel.hidden = false;
    if (focus) return goTo(focus);
    if (!redraw || !before || form.contains(document.activeElement)) return;
    // what was drawn anew lost the focus: the same field has it again, and a fresh fact leads to its value
    const same = before.id ? document.getElementById(before.id) : form.querySelector(`[name="${CSS.escape(before.name)}"]`);
    same?.focus();
  });
  // places in the sentence and in the list of remarks lead to their fields
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('.sentence a, .lint a');
    if (!link) return;
    event.preventDefault();
    const key = link.hash.slice(4);
    const spot = document.getElementById(`at-${key}`) ?? document.getElementById(key) ?? document.querySelector(`[id^="${CSS.escape(key)}-"]`);
    spot?.closest("details")?.setAttribute("open", "");
    const target = spot?.matches(focusable) ? spot : spot?.querySelector(focusable);
    (target ?? spot)?.focus?.();
    (spot ?? target)?.scrollIntoView({ block: "center" });
  });
  let edits = 0;
  let sent = 0;
  const say = (text, kind) => {
    const spot = document.getElementById("saved");
    if (!spot) return;
    const mark = Object.assign(document.createElement("span"), { className: `mark is-${kind}`, textContent: text });
    spot.replaceChildren(mark);
  };
  for (const kind of ["input", "change", "submit"]) {
    form.addEventListener(kind, () => {
      edits += 1;
      form.dataset.state = "unsaved";
    });
  }
  form.addEventListener("htmx:configRequest", () => { sent = edits; });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) say(form.dataset.lost, "bad");
    else if (sent === edits) form.dataset.state = "saved";
  });
  window.addEventListener("beforeunload", (event) => {
    if (form.dataset.state !== "unsaved") return;
    // a last word that has not waited for its turn is sent along
    navigator.sendBeacon?.(form.getAttribute("hx-post"), new FormData(form));
  });
})();
