package page_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gongzhi/internal/page"
	"gongzhi/internal/page/axetest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The policy that the program serves; scripts must do all their work under it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types gongzhi"

const deskPage = `<!doctype html><html lang="zh-CN"><title>desk</title><link rel="stylesheet" href="%s">
<script src="%s" defer></script><script src="%s" defer></script>
<nav class="bar"><a href="#queue" id="queue">待派</a></nav>
<form id="form" data-autosave="/draft" action="/sent"><input type="hidden" name="draft" value="">
<label>什么事 <textarea id="what" name="what" data-key="A" data-modules="#phrases" data-suggest="/similar" data-into="#similar"></textarea></label>
<input id="place" name="place" data-key="S" aria-label="在哪里">
<label><input type="radio" name="category" value="1" data-key="1" id="one">路灯</label>
<button id="send" type="button" data-key="Ctrl+Enter">保存并派单</button><button id="merge" type="button" data-key="M">并到这件</button>
<span data-saved></span></form>
<ul id="phrases" hidden><li data-abbr="ldbx" data-title="路灯报修">五个工作日内修好。</li><li data-abbr="zf" data-title="住房">住建局负责。</li></ul>
<div id="similar"><button id="inside" type="button">原来的</button></div>
<ul data-roving id="list"><li><a href="#first">一</a></li><li><a href="#second">二</a></li></ul>
<p id="log"></p></html>`

type desk struct {
	t     *testing.T
	tab   context.Context
	posts chan url.Values
}

func openDesk(t *testing.T) desk {
	d := desk{t: t, posts: make(chan url.Values, 20)}
	mux := http.NewServeMux()
	mux.HandleFunc("/assets/", page.ServeAsset)
	mux.HandleFunc("/desk", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, deskPage, page.Asset("gongzhi.css"), page.Asset("base.js"), page.Asset("desk.js"))
	})
	mux.HandleFunc("POST /draft", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil {
			d.posts <- r.PostForm
		}
		w.Header().Set("X-Draft", "01J")
	})
	mux.HandleFunc("POST /similar", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `<b id="answer">`+template(r.PostFormValue("what"))+`</b>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d.tab = axetest.Open(t).Tab(t)
	d.do(chromedp.Navigate(server.URL+"/desk"), chromedp.Evaluate[chromedp.Void](`
		window.bad = [];
		document.addEventListener("securitypolicyviolation", (e) => bad.push(e.violatedDirective + " " + e.blockedURI));
		for (const id of ["send", "merge"]) document.getElementById(id).addEventListener("click", () => { document.getElementById("log").textContent += id + " "; });`))
	return d
}

func template(s string) string { return strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(s) }

func (d desk) do(steps ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	if err := chromedp.Do(d.tab, steps...); err != nil {
		d.t.Fatal(err)
	}
}

// keys types as a keyboard does, but for one thing: the protocol sends a letter's character even when the page has
// used the letter up. A key that moves into a field is therefore pressed with Alt here.
func (d desk) keys(keys string, modifiers ...chromedp.Modifier) {
	d.t.Helper()
	d.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// is waits until the expression holds, since much of what scripts do happens a moment later.
func (d desk) is(expression string) {
	d.t.Helper()
	if _, err := chromedp.Run(d.tab, chromedp.Poll[bool](expression)); err != nil {
		d.t.Fatalf("%s: %v", expression, err)
	}
}

func (d desk) js(expression string) {
	d.t.Helper()
	d.do(chromedp.Evaluate[chromedp.Void](expression))
}

const focused = `document.activeElement.id`

func TestKeysPressButtonsOutsideFieldsAndAltReachesThemWhileTyping(t *testing.T) {
	d := openDesk(t)
	d.keys("m")
	d.is(`log.textContent === "merge "`)
	d.keys("a", chromedp.ModifierAlt)
	d.is(focused + ` === "what"`)
	d.keys("ms1")
	d.is(`what.value === "ms1" && log.textContent === "merge "`)
	d.keys("s", chromedp.ModifierAlt)
	d.is(focused + ` === "place"`)
	d.keys(kb.Enter, chromedp.ModifierCtrl)
	d.is(`log.textContent === "merge send "`)
	d.keys(kb.Escape)
	d.is(`document.activeElement === document.body`)
	d.keys("1")
	d.is(`one.checked`)
}

func TestNoKeyFiresWhileAnInputMethodComposes(t *testing.T) {
	d := openDesk(t)
	d.js(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "m", code: "KeyM", bubbles: true, isComposing: true}));
		what.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, isComposing: true}));`)
	d.is(`log.textContent === ""`)
	d.js(`document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "m", code: "KeyM", bubbles: true}))`)
	d.is(`log.textContent === "merge "`)
}

func TestADraftIsSavedWhenThePageIsLeft(t *testing.T) {
	d := openDesk(t)
	d.keys("a", chromedp.ModifierAlt)
	d.is(focused + ` === "what"`)
	d.keys("deng")
	d.js(`window.dispatchEvent(new Event("pagehide"))`)
	if got := (<-d.posts).Get("what"); got != "deng" {
		t.Errorf("saved %q", got)
	}
	d.is(`form.elements.draft.value === "01J" && document.querySelector("[data-saved]").textContent.startsWith("草稿已存")`)
}

func TestSuggestionsReplaceTheirPlaceAndNeverTakeTheFocus(t *testing.T) {
	d := openDesk(t)
	d.keys("a", chromedp.ModifierAlt)
	d.keys("<b>deng")
	d.is(`document.getElementById("answer")?.textContent === "<b>deng" && ` + focused + ` === "what"`)
	d.js(`similar.replaceChildren(Object.assign(document.createElement("button"), {id: "inside", type: "button"})); inside.focus();
		what.value = "lu deng"; what.dispatchEvent(new Event("input"));`)
	d.js(`new Promise((done) => setTimeout(done, 600))`)
	d.is(focused + ` === "inside"`)
	d.js(`place.focus()`)
	d.is(`document.getElementById("answer")?.textContent === "lu deng" && ` + focused + ` === "place"`)
	d.is(`bad.length === 0`)
}

func TestTwoColonsOfferPhrases(t *testing.T) {
	d := openDesk(t)
	d.keys("a", chromedp.ModifierAlt)
	d.keys("x::ld")
	d.is(`document.querySelector(".pop")?.textContent.includes("路灯报修")`)
	d.keys(kb.Tab)
	d.is(`what.value === "x五个工作日内修好。" && !document.querySelector(".pop") && ` + focused + ` === "what"`)
}

func TestThePaletteFindsCommandsAndTheListIsWalkedByKeys(t *testing.T) {
	d := openDesk(t)
	d.keys("k", chromedp.ModifierCtrl)
	d.is(`document.querySelector("dialog.palette:modal") !== null`)
	d.js(`document.querySelector(".palette input").value = "并到"; document.querySelector(".palette input").dispatchEvent(new InputEvent("input"))`)
	d.keys(kb.Enter)
	d.is(`log.textContent === "merge " && !document.querySelector("dialog")`)
	d.js(`document.activeElement.blur()`)
	d.keys("j")
	d.keys("j")
	d.is(`document.activeElement === list.children[1]`)
	d.keys("k")
	d.keys(kb.Enter)
	d.is(`location.hash === "#first"`)
	d.keys("?")
	d.is(`document.querySelector("dialog:modal")?.textContent.includes("保存并派单")`)
	d.is(`bad.length === 0`)
}
