/* desk.js: the keyboard of staff pages. It reads markup, knows no page, and never moves the focus unasked.

   data-key="Ctrl+Enter"   on a button, link or field: the keys that press it, follow it, choose it or put the cursor in
                           it. A single letter or digit works outside fields, and everywhere with Alt. Nothing fires
                           while an input method is composing. data-does="…" names it in the list that ? shows
   data-autosave="URL"     on a form: posted there within 5 s of a change and when the page is left. The answer's header
                           X-Draft goes into the field named "draft". The element [data-saved] in the form says
                           data-saved-word and the time, or data-failed-word
   data-suggest="URL" data-into="#id"   on a field: 250 ms after the last change its whole form is posted to URL and the
                           answer, a piece of HTML, becomes the content of #id. data-method="get" sends only the field
                           as ?q=, for texts that may stand in a log. data-least="2" characters are needed
   data-refresh="URL"      on a form: soon after any change the whole form is posted there, at most five times a second.
                           Each element of the answer that has an id gives its content to the element of that id here.
                           An answer that something was chosen after is dropped. Enter in a field does not send such a form
   data-choose="#id"       on a field: the arrows and Enter choose among the buttons or options in #id; with data-once the
                           field is emptied by a choice
   data-fill='{"name":…}'  on a button: puts values into the fields of its form instead of sending it; data-then names the
                           field that gets the cursor
   data-poll="URL" data-every="30"      on an element: refreshed from URL, not while hidden or while the focus is in it
   data-modules="#id"      on a text area: "::" and letters offer the phrases in #id, a list of
                           <li data-abbr="ldbx" data-title="…">phrase</li>
   data-roving             on a list: j, k and the arrows move between its [data-item] or children, Enter follows the
                           first link. data-select on an item's control lets x or space tick it
   data-palette="URL"      on body or main: Ctrl+K also asks URL?q= for more lines (links in a piece of HTML)
   data-command            on a link or button: listed by Ctrl+K even without keys; data-abbr gives pinyin initials

   Events: "gongzhi:loaded" on an element whose content was replaced. */
"use strict";
(() => {
  const doc = document;
  const each = (selector, f, root = doc) => root.querySelectorAll(selector).forEach(f);
  const zh = doc.documentElement.lang !== "en";
  const say = zh
    ? { keys: "快捷键", off: "停用单键快捷键", go: "要做什么？", none: "没有这个命令", saved: "草稿已存", failed: "没存上，正在重试", close: "关闭", alt: "正在打字时，单个字母要和 Alt 一起按。" }
    : { keys: "Keys", off: "Turn single keys off", go: "What to do?", none: "No such command", saved: "Draft saved", failed: "Not saved, trying again", close: "Close", alt: "While typing, press single letters together with Alt." };

  // Pieces of HTML come from our own server, which escapes every text; nothing else may become markup.
  const policy = window.trustedTypes ? trustedTypes.createPolicy("gongzhi", { createHTML: (s) => s }) : { createHTML: (s) => s };
  function replace(target, html) {
    const piece = doc.createElement("template");
    piece.innerHTML = policy.createHTML(html);
    target.replaceChildren(piece.content);
    target.dispatchEvent(new CustomEvent("gongzhi:loaded", { bubbles: true }));
  }
  async function ask(url, options = {}) {
    const r = await fetch(url, { credentials: "same-origin", redirect: "error", ...options, headers: { "X-Fragment": "1", ...options.headers } });
    if (!r.ok) throw new Error(String(r.status));
    return r;
  }
  const el = (name, attributes = {}, ...children) => {
    const x = doc.createElement(name);
    for (const [k, v] of Object.entries(attributes)) x.setAttribute(k, v);
    x.append(...children);
    return x;
  };

  // ---- keys
  const typing = (t) => t.isContentEditable || t.tagName === "TEXTAREA" || t.tagName === "SELECT" ||
    (t.tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "file"].includes(t.type));
  const composing = (e) => e.isComposing || e.keyCode === 229;
  const seen = (x) => !x.disabled && x.getClientRects().length > 0;
  const scope = () => doc.querySelector("dialog:modal") || doc;
  const singlesOff = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };

  function pressed(e) {
    const letter = /^(?:Key|Digit)(.)$/.exec(e.code);
    const plain = letter && !(e.shiftKey && e.code.startsWith("Digit")) ? letter[1] : e.key;
    return { plain, full: (e.ctrlKey || e.metaKey ? "Ctrl+" : "") + (e.altKey ? "Alt+" : "") + (e.shiftKey && plain.length > 1 ? "Shift+" : "") + plain };
  }

  function byKeys(keys) {
    for (const x of scope().querySelectorAll("[data-key]")) {
      if (x.dataset.key.toLowerCase() === keys.toLowerCase() && seen(x)) return x;
    }
    return null;
  }

  function act(x) {
    if (typing(x)) { x.focus(); if (x.select && x.tagName === "INPUT") x.select(); return; }
    if (x.type === "radio" || x.tagName === "SUMMARY") x.focus();
    x.click();
    if (x.tagName === "SUMMARY" && x.parentElement.open) x.parentElement.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  }

  doc.addEventListener("keydown", (e) => {
    if (composing(e) || e.defaultPrevented || e.repeat && !/^[jk]$|^Arrow/.test(e.key)) return;
    const { plain, full } = pressed(e);
    if (full === "Ctrl+K") { e.preventDefault(); palette(); return; }
    const bare = full === plain, field = typing(e.target), single = plain.length === 1;
    if (bare && e.key === "Escape" && field && !doc.querySelector("dialog:modal")) { e.target.blur(); return; }
    if (bare && single && (field || singlesOff())) return;
    const hit = byKeys(full) || (e.altKey && single && byKeys(plain));
    if (hit) { e.preventDefault(); act(hit); return; }
    if (field || !bare) return;
    if (e.key === "?") { e.preventDefault(); help(); return; }
    rove(e);
  });

  const nameOf = (x) => {
    if (x.dataset.does || x.getAttribute("aria-label")) return x.dataset.does || x.getAttribute("aria-label");
    const label = x.labels && x.labels[0] || x;
    const copy = label.cloneNode(true);
    each("kbd, .sr, .hint", (k) => k.remove(), copy);
    return copy.textContent.trim().replace(/\s+/g, " ");
  };

  function dialog(attributes, ...children) {
    const d = el("dialog", attributes, ...children);
    d.addEventListener("close", () => d.remove());
    doc.body.append(d);
    d.showModal();
    return d;
  }

  function help() {
    const list = el("dl", { class: "kv" });
    const add = (keys, words) => list.append(el("dt", {}, el("kbd", {}, keys)), el("dd", {}, words));
    each("[data-key]", (x) => { if (seen(x)) add(x.dataset.key.replace("+", " "), nameOf(x)); });
    add("Ctrl K", say.go);
    const off = el("input", { type: "checkbox" });
    off.checked = singlesOff();
    off.addEventListener("change", () => { try { localStorage.setItem("keys", off.checked ? "off" : "on"); } catch { /* forbidden */ } });
    dialog({ "aria-label": say.keys }, el("h2", {}, say.keys), list, el("p", { class: "small" }, say.alt),
      el("label", { class: "tick" }, off, say.off), el("button", { type: "button", class: "btn plain", "data-close": "" }, say.close));
  }

  // ---- palette
  function palette() {
    if (doc.querySelector("dialog.palette")) return;
    const commands = [];
    each("[data-key], [data-command], .mast nav a, .bar nav a", (x) => {
      if (seen(x) && nameOf(x)) commands.push({ x, name: nameOf(x), keys: x.dataset.key || "", abbr: x.dataset.abbr || "" });
    });
    const input = el("input", { class: "input", type: "text", "aria-label": say.go, placeholder: say.go, autocomplete: "off" });
    const list = el("div", { class: "pop" });
    const d = dialog({ class: "palette", "aria-label": say.go }, input, list);
    const more = doc.querySelector("[data-palette]")?.dataset.palette;
    const show = () => {
      const q = input.value.trim().toLowerCase();
      const hits = commands.filter((c) => !q || c.name.toLowerCase().includes(q) || c.abbr.startsWith(q));
      list.replaceChildren(...hits.slice(0, 12).map((c) => {
        const b = el("button", { type: "button" }, c.name, c.keys ? el("kbd", {}, c.keys.replace("+", " ")) : "");
        b.addEventListener("click", () => { d.close(); act(c.x); });
        return b;
      }));
      if (more && q.length > 1) ask(more + "?q=" + encodeURIComponent(q)).then((r) => r.text()).then((html) => {
        if (input.value.trim().toLowerCase() !== q) return;
        const box = el("div");
        list.append(box);
        replace(box, html);
      }).catch(() => {});
      if (!list.childElementCount) list.append(el("p", { class: "small empty" }, say.none));
      mark(list, 0);
    };
    input.addEventListener("input", (e) => { if (!e.isComposing) show(); });
    input.addEventListener("compositionend", show);
    input.addEventListener("keydown", (e) => choose(e, list));
    show();
  }

  // mark and choose move through the lines of a pop-up while the cursor stays in its field.
  const lines = (list) => [...list.querySelectorAll("button, a, label")];
  const marked = (list) => lines(list).findIndex((x) => x.getAttribute("aria-selected") === "true");
  function mark(list, n) {
    lines(list).forEach((x, i) => { x.setAttribute("aria-selected", String(i === n)); if (i === n) x.scrollIntoView({ block: "nearest" }); });
  }
  function choose(e, list) {
    if (composing(e)) return false;
    const all = lines(list), n = marked(list);
    if (all.length && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      mark(list, (n + (e.key === "ArrowDown" ? 1 : -1) + all.length) % Math.max(1, all.length));
      return true;
    }
    if (e.key === "Enter" && all[n]) { e.preventDefault(); e.stopPropagation(); all[n].click(); return true; }
    return false;
  }

  // ---- roving selection
  const itemsOf = (list) => [...(list.querySelector("[data-item]") ? list.querySelectorAll("[data-item]") : list.children)];
  function rove(e) {
    const list = e.target.closest?.("[data-roving]") || scope().querySelector("[data-roving]");
    if (!list) return;
    const all = itemsOf(list), at = all.findIndex((x) => x.contains(doc.activeElement));
    const inside = e.target.closest?.("[data-roving]");
    const step = e.key === "j" || (inside && e.key === "ArrowDown") ? 1 : e.key === "k" || (inside && e.key === "ArrowUp") ? -1 : 0;
    if (step) {
      const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
      if (!next) return;
      e.preventDefault();
      next.tabIndex = -1;
      next.focus();
    } else if (at >= 0 && doc.activeElement === all[at]) {
      if (e.key === "Enter") all[at].querySelector("a[href], button")?.click();
      if (e.key === "x" || e.key === " ") { const box = all[at].querySelector("[data-select]"); if (box) { e.preventDefault(); box.click(); } }
    }
  }

  // ---- suggestions
  function suggest(field) {
    const d = field.dataset;
    let timer = 0, running = null, last = null;
    async function go() {
      const q = field.value.trim(), target = doc.querySelector(d.into);
      if (!target || q === last || q.length < Number(d.least || 2)) return;
      last = q;
      running?.abort();
      running = new AbortController();
      try {
        const r = d.method === "get" || !field.form
          ? await ask(d.suggest + (d.suggest.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(q), { signal: running.signal })
          : await ask(d.suggest, { method: "POST", body: bodyOf(field.form), signal: running.signal });
        settle(target, await r.text());
      } catch (err) { if (err.name !== "AbortError") last = null; }
    }
    const later = () => { clearTimeout(timer); timer = setTimeout(go, 250); };
    field.addEventListener("input", (e) => { if (!e.isComposing) later(); });
    field.addEventListener("compositionend", later);
    field.addEventListener("change", later);
  }

  // settle shows a piece of HTML unless it is shown already. A piece that holds the cursor waits until it has left, and
  // until what was typed there has been answered; the newest answer wins.
  const waiting = new Map(), shown = new WeakMap(), unanswered = new WeakSet();
  function settle(target, html) {
    waiting.delete(target);
    if (shown.get(target) === html) return;
    if (target.contains(doc.activeElement)) { waiting.set(target, html); return; }
    shown.set(target, html);
    replace(target, html);
  }
  doc.addEventListener("focusout", () => setTimeout(() => {
    for (const [target, html] of [...waiting]) if (!unanswered.has(target.closest("form"))) settle(target, html);
  }));

  const bodyOf = (form) => new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string"));
  // While somebody goes on typing, an answer comes every fifth of a second all the same: the first words say enough.
  // An answer is stale once a choice was made after its question, as it would take the choice back. Mere typing does not
  // make it so: the field that is typed in keeps its focus, and nothing is put where the focus is.
  function refresh(form) {
    const pause = 200;
    let timer = 0, changes = 0, choices = 0, asking = false, asked = -Infinity;
    async function go() {
      const sent = changes, chosen = choices;
      asking = true; asked = performance.now(); timer = 0;
      try {
        const r = await ask(form.dataset.refresh, { method: "POST", body: bodyOf(form) }), html = await r.text();
        if (chosen === choices) put(html);
      } catch { /* the next change asks again */ }
      asking = false;
      if (sent === changes) unanswered.delete(form); else soon();
    }
    function put(html) {
      const answer = el("template");
      answer.innerHTML = policy.createHTML(html);
      for (const part of answer.content.children) {
        const target = doc.getElementById(part.id);
        if (target) settle(target, part.innerHTML);
      }
    }
    const soon = () => { if (!timer && !asking) timer = setTimeout(go, Math.max(60, asked + pause - performance.now())); };
    const later = (e) => {
      if (e.isComposing) return;
      changes++;
      if (e.type === "change") choices++;
      unanswered.add(form);
      soon();
    };
    for (const type of ["input", "change", "compositionend"]) form.addEventListener(type, later);
    for (const type of ["keydown", "keypress"]) form.addEventListener(type, (e) => {
      if (e.key === "Enter" && e.target.tagName === "INPUT" && !e.ctrlKey && !e.metaKey) e.preventDefault();
    });
  }

  function fill(button) {
    const form = button.form, cursor = form.elements[button.dataset.then];
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) form.elements[name].value = value;
    if (!cursor) return;
    const fold = cursor.closest("details");
    if (fold) fold.open = true;
    cursor.focus();
    for (const type of ["input", "change"]) cursor.dispatchEvent(new Event(type, { bubbles: true }));
  }
  doc.addEventListener("click", (e) => {
    const button = e.target.closest("[data-fill]");
    if (button?.form) { e.preventDefault(); fill(button); }
  });

  function chooser(field) {
    const list = () => doc.querySelector(field.dataset.choose);
    field.addEventListener("keydown", (e) => { if (list()) choose(e, list()); });
    field.addEventListener("focus", () => { if (list()) mark(list(), 0); });
    if ("once" in field.dataset) list()?.addEventListener("change", () => { field.value = ""; });
    doc.addEventListener("gongzhi:loaded", (e) => { if (e.target === list() && doc.activeElement === field) mark(list(), 0); });
  }

  function poll(x) {
    setInterval(() => {
      if (doc.hidden || !x.isConnected) return;
      ask(x.dataset.poll).then((r) => r.text()).then((html) => settle(x, html)).catch(() => {});
    }, 1000 * Math.max(5, Number(x.dataset.every || 30)));
  }

  // ---- autosave
  function autosave(form) {
    const note = form.querySelector("[data-saved]") || doc.querySelector("[data-saved]");
    let dirty = false, busy = false;
    const tell = (words) => { if (note) note.textContent = words; };
    async function save(leaving) {
      if (!dirty || busy) return;
      dirty = false;
      busy = true;
      try {
        const r = await ask(form.dataset.autosave, { method: "POST", body: bodyOf(form), keepalive: leaving === true });
        const id = r.headers.get("X-Draft");
        if (id && form.elements.draft) form.elements.draft.value = id;
        tell((note?.dataset.savedWord || say.saved) + " " + new Date().toLocaleTimeString("zh-CN", { hour12: false }));
      } catch {
        dirty = true;
        tell(note?.dataset.failedWord || say.failed);
      }
      busy = false;
    }
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("change", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    setInterval(save, 5000);
    doc.addEventListener("visibilitychange", () => { if (doc.hidden) save(true); });
    window.addEventListener("pagehide", () => save(true));
  }

  // ---- text modules
  function modules(area) {
    const source = doc.querySelector(area.dataset.modules);
    if (!source) return;
    let pop = null;
    const shut = () => { pop?.remove(); pop = null; };
    const typed = () => /(?:::|：：)([^\s:：]{0,12})$/.exec(area.value.slice(0, area.selectionStart));
    function put(text, length) {
      const end = area.selectionStart;
      area.setRangeText(text, end - length, end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
      shut();
      area.focus();
    }
    function show() {
      const m = typed();
      shut();
      if (!m) return;
      const q = m[1].toLowerCase();
      const hits = [...source.children].filter((x) => !q || (x.dataset.abbr || "").startsWith(q) || x.textContent.includes(q) || (x.dataset.title || "").includes(q)).slice(0, 8);
      if (!hits.length) return;
      pop = el("div", { class: "pop" }, ...hits.map((x) => {
        const text = x.textContent.trim();
        const b = el("button", { type: "button", tabindex: "-1" }, el("b", {}, x.dataset.title || x.dataset.abbr), " ", el("kbd", {}, x.dataset.abbr || ""), el("small", {}, text.slice(0, 48)));
        b.addEventListener("mousedown", (e) => e.preventDefault());
        b.addEventListener("click", () => put(text, m[0].length));
        return b;
      }));
      area.after(pop);
      mark(pop, 0);
    }
    area.addEventListener("input", (e) => { if (!e.isComposing) show(); });
    area.addEventListener("compositionend", show);
    area.addEventListener("blur", () => setTimeout(shut, 150));
    area.addEventListener("keydown", (e) => {
      if (!pop || composing(e)) return;
      if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); shut(); return; }
      if (e.key === "Tab") { e.preventDefault(); lines(pop)[marked(pop)]?.click(); return; }
      if (choose(e, pop)) e.stopPropagation();
    });
  }

  function start(root) {
    each("[data-suggest]", suggest, root);
    each("form[data-refresh]", refresh, root);
    each("[data-choose]", chooser, root);
    each("form[data-autosave]", autosave, root);
    each("[data-poll]", poll, root);
    each("textarea[data-modules]", modules, root);
  }
  start(doc);
  doc.addEventListener("gongzhi:loaded", (e) => start(e.target));
})();
