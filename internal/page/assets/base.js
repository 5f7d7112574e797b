/* base.js: small comforts for every page. Each works on markup alone, and every page works without them.

   data-count="id"      on a textarea: element that says how much is left; data-left and data-over hold the sentences
   data-preview="id"    on a file input: list in which chosen pictures are shown
   data-locate          on a button: asks the device where it is and fills the fields named by data-lat, data-lng and
                        data-accuracy (selectors), says data-wait / data-failed in data-say (selector), then submits
                        its form when data-submit is present. The page must be served over https or localhost
   data-draft="name"    on a form: what is typed stays on this device for a day. Fields that say who someone is
                        (autocomplete tel, name, email, street-address), passwords and hidden fields are never kept
   data-draft-clear="name"  anywhere on a page: forgets that draft, e.g. on the receipt
   data-heed="URL"      on a form: half a second after a change its fields "what" and "address" are posted there; the answer, a piece
                        of JSON, says whom to call in danger (name, phone, call, service, advice) and what of a person stands in
                        the words (tells, and found, a list). It fills the elements [data-heed] of the next [data-heed-box]
   data-focus           takes the focus when the page opens: the error summary
   data-open="id"       on a button: opens that dialog; data-close inside it closes it
   data-print           on a button: prints
   data-share           on a button: hands data-share (a text) to the device's share sheet, or copies it
   data-speak="#id"     on a button: reads that element aloud, a second press stops
   data-hint="URL"      on a field: 400 ms after typing its form is posted there, and the HTML of the answer stands in the element
                        that data-into names (a selector). Nothing is sent below four characters, nor while Chinese is composed
   .table               on a telephone a table that is wider than the page is shown as cards, each cell with its heading, unless
                        most of its columns are figures
   .js-only / .nojs     shown only with / without scripts */
"use strict";
(() => {
  const doc = document;
  const each = (selector, f) => doc.querySelectorAll(selector).forEach(f);
  const find = (selector) => (selector ? doc.querySelector(selector) : null);
  doc.documentElement.classList.add("js");

  function countCharacters(area) {
    const out = doc.getElementById(area.dataset.count);
    if (!out) return;
    const say = () => {
      const left = Number(area.dataset.max) - [...area.value].length;
      out.classList.toggle("over", left < 0);
      out.textContent = (left < 0 ? area.dataset.over : area.dataset.left).replace("{0}", Math.abs(left));
    };
    area.addEventListener("input", say);
    if (area.value) say();
  }

  function previewPictures(input) {
    const list = doc.getElementById(input.dataset.preview);
    if (!list) return;
    input.addEventListener("change", () => {
      list.querySelectorAll("img").forEach((img) => URL.revokeObjectURL(img.src));
      list.replaceChildren(...[...input.files].map((file) => {
        const item = doc.createElement("li"), img = doc.createElement("img");
        img.src = URL.createObjectURL(file);
        img.alt = file.name;
        item.append(img);
        return item;
      }));
      list.hidden = input.files.length === 0;
    });
  }

  function locate(button) {
    const d = button.dataset, say = find(d.say);
    const speak = (words) => { if (say && words) say.textContent = words; };
    if (!navigator.geolocation) { button.hidden = true; return; }
    button.addEventListener("click", (e) => {
      e.preventDefault();
      speak(d.wait);
      button.setAttribute("aria-busy", "true");
      navigator.geolocation.getCurrentPosition((p) => {
        button.removeAttribute("aria-busy");
        const put = (selector, value) => { const f = find(selector); if (f) f.value = value; };
        put(d.lat, p.coords.latitude.toFixed(6));
        put(d.lng, p.coords.longitude.toFixed(6));
        put(d.accuracy, Math.round(p.coords.accuracy));
        speak(d.done || "");
        if ("submit" in d && button.form) button.form.requestSubmit();
      }, () => { button.removeAttribute("aria-busy"); speak(d.failed); },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
  }

  // Storage may be full or forbidden; a draft is a comfort, so both are silent.
  const store = {
    get(k) { try { return JSON.parse(localStorage.getItem(k)); } catch { return null; } },
    set(k, v) { try { localStorage.setItem(k, JSON.stringify(v)); } catch { /* full or forbidden */ } },
    drop(k) { try { localStorage.removeItem(k); } catch { /* forbidden */ } },
  };
  const day = 86400000;
  const kept = (f) => f.name && !["hidden", "password", "file", "submit", "button"].includes(f.type) &&
    !/tel|name|email|address|one-time-code/.test(f.autocomplete || "") && !("nodraft" in f.dataset);

  function keepDraft(form) {
    const key = "draft:" + form.dataset.draft, old = store.get(key) || {};
    if (old.at && Date.now() - old.at < day) restore(form, old.values);
    let timer = 0;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const values = { ...(store.get(key) || {}).values };
        for (const f of form.elements) {
          if (!kept(f)) continue;
          if (f.type === "radio" || f.type === "checkbox") values[f.name + "=" + f.value] = f.checked;
          else values[f.name] = f.value;
        }
        store.set(key, { at: Date.now(), values });
      }, 400);
    });
  }

  // What the server has sent wins: only empty fields are filled, and choices only when none was made.
  function restore(form, values) {
    for (const f of form.elements) {
      if (!kept(f)) continue;
      if (f.type === "radio" || f.type === "checkbox") {
        const made = [...form.querySelectorAll(`[name="${CSS.escape(f.name)}"]`)].some((x) => x.defaultChecked);
        if (!made && values[f.name + "=" + f.value]) f.checked = true;
      } else if (!f.value && values[f.name] && f.tagName !== "SELECT") {
        f.value = values[f.name];
        f.dispatchEvent(new Event("input"));
      }
    }
  }

  function heed(form) {
    const box = form.querySelector("[data-heed-box]") || form.parentElement.querySelector("[data-heed-box]"), what = form.elements.what,
      place = form.elements.address;
    if (!box || !what) return;
    const part = (name) => box.querySelector(`[data-heed="${name}"]`);
    const typed = () => what.value + "\n" + (place?.value || "");
    let timer = 0, last = typed();
    async function ask() {
      const body = new URLSearchParams({ what: what.value, address: place?.value || "", csrf: form.elements.csrf?.value || "" });
      try {
        const r = await fetch(form.dataset.heed, { method: "POST", body, credentials: "same-origin", redirect: "error" });
        if (r.ok) show(await r.json());
      } catch { /* the words can be sent without it, and the next page says it */ }
    }
    function show(said) {
      part("danger").hidden = !said.name;
      for (const name of ["call", "service", "advice", "tells"]) part(name).textContent = said[name] || "";
      part("call").href = "tel:" + (said.phone || "");
      part("personal").hidden = !said.tells;
      part("found").replaceChildren(...(said.found || []).map((line) => Object.assign(doc.createElement("li"), { textContent: line })));
    }
    for (const field of [what, place]) field?.addEventListener("input", () => {
      clearTimeout(timer);
      if (typed() === last) return;
      last = typed();
      timer = setTimeout(ask, 500);
    });
    if (what.value && part("danger").hidden) ask();
  }

  function share(button) {
    const text = button.dataset.share, word = button.textContent;
    button.addEventListener("click", async () => {
      try {
        if (navigator.share) await navigator.share({ text });
        else { await navigator.clipboard.writeText(text); button.textContent = button.dataset.done || word; }
      } catch { /* the visitor closed the sheet */ }
    });
  }

  function speakAloud(button) {
    if (!window.speechSynthesis) { button.hidden = true; return; }
    button.addEventListener("click", () => {
      if (speechSynthesis.speaking) { speechSynthesis.cancel(); return; }
      const words = new SpeechSynthesisUtterance(find(button.dataset.speak)?.innerText || "");
      words.lang = doc.documentElement.lang;
      words.rate = 0.9;
      speechSynthesis.speak(words);
    });
  }

  function foldTable(box) {
    const figures = box.querySelectorAll("thead th.n").length * 2 > box.querySelectorAll("thead th").length; // they are read down
    if (figures || box.matches(".cards, :has([colspan])") || box.scrollWidth <= box.clientWidth + 1 || !matchMedia("(max-width: 720px)").matches) return;
    const heads = [...box.querySelectorAll("thead th")].map((th) => th.textContent.trim());
    box.querySelectorAll("tbody tr").forEach((tr) => [...tr.cells].forEach((cell, i) => {
      if (!cell.textContent.trim() && !cell.children.length) { cell.replaceChildren(); return; }
      const all = doc.createElement("div");
      all.append(...cell.childNodes);
      cell.append(all);
      cell.dataset.label = heads[i] || "";
    }));
    box.classList.add("cards");
  }

  function hint(field) {
    const target = find(field.dataset.into);
    if (!target || !field.form) return;
    const policy = window.trustedTypes ? trustedTypes.createPolicy("gongzhi", { createHTML: (s) => s }) : { createHTML: (s) => s };
    let timer = 0, running = null, last = "";
    async function go() {
      const typed = field.value.trim();
      if (typed === last) return;
      last = typed;
      running?.abort();
      running = new AbortController();
      if ([...typed].length < 4) { target.replaceChildren(); return; }
      try {
        const body = new URLSearchParams([...new FormData(field.form)].filter(([, v]) => typeof v === "string"));
        const r = await fetch(field.dataset.hint, { method: "POST", body, credentials: "same-origin", redirect: "error", headers: { "X-Fragment": "1" }, signal: running.signal });
        if (!r.ok) return;
        const piece = doc.createElement("template");
        piece.innerHTML = policy.createHTML(await r.text());
        target.replaceChildren(piece.content);
      } catch { /* no hint is no harm */ }
    }
    const later = (e) => { if (!e.isComposing) { clearTimeout(timer); timer = setTimeout(go, 400); } };
    for (const type of ["input", "compositionend"]) field.addEventListener(type, later);
  }

  function openDialog(dialog) {
    dialog.removeAttribute("open");
    dialog.showModal();
  }

  doc.addEventListener("click", (e) => {
    const opener = e.target.closest("[data-open]");
    if (opener) { e.preventDefault(); openDialog(doc.getElementById(opener.dataset.open)); return; }
    if (e.target.closest("[data-close]")) e.target.closest("dialog")?.close();
    if (e.target.closest("[data-print]")) window.print();
    each("details.menu[open]", (m) => { if (!m.contains(e.target)) m.open = false; });
  });
  doc.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.isComposing) return;
    each("details.menu[open]", (m) => { m.open = false; m.querySelector("summary").focus(); });
  });

  // A second press of the same button while the first is on its way would send the form twice.
  doc.addEventListener("submit", (e) => {
    if (e.defaultPrevented) return;
    if (e.target.dataset.sent) e.preventDefault();
    e.target.dataset.sent = "1";
    setTimeout(() => delete e.target.dataset.sent, 8000); // a form that downloads a file leaves the page standing
  });
  window.addEventListener("pageshow", () => each("form[data-sent]", (f) => delete f.dataset.sent));

  each("[data-draft-clear]", (x) => store.drop("draft:" + x.dataset.draftClear));
  each("textarea[data-count]", countCharacters);
  each("input[data-preview]", previewPictures);
  each("[data-locate]", locate);
  each("form[data-draft]", keepDraft);
  each("form[data-heed]", heed);
  each("[data-share]", share);
  each("[data-hint]", hint);
  each(".table", foldTable);
  each("[data-speak]", speakAloud);
  each("dialog[data-dialog]", (d) => { if (d.querySelector("[aria-invalid]")) openDialog(d); });
  find("[data-focus]")?.focus();
})();
