// Package axetest opens pages in Chromium and asks axe-core, and the page itself, what is wrong with them. Tests only.
package axetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Browser is one Chromium for a whole test.
type Browser struct {
	ctx context.Context
	axe string
}

// Open starts Chromium; it ends with the test. `make test` brings Chromium and axe-core and says so by REQUIRE_BROWSER;
// a plain `go test` without them skips what needs eyes.
func Open(t *testing.T) *Browser {
	t.Helper()
	program, err := find("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		missing(t, err)
	}
	source, err := axeSource()
	if err != nil {
		missing(t, err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &Browser{ctx, source}
}

func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("REQUIRE_BROWSER") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

func find(names ...string) (string, error) {
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p, nil
		}
	}
	return "", errors.New("Chromium is needed to look at pages: `make test` installs it, or install the package chromium")
}

// axeSource looks for node_modules in this folder and those above it.
func axeSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		raw, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
		if err == nil {
			return string(raw), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("axe-core is not installed: run `npm ci` in the root of the repository, or `make test`")
		}
		dir = filepath.Dir(dir)
	}
}

// Tab opens a window of its own for a test that works with a page by hand.
func (b *Browser) Tab(t *testing.T) context.Context {
	t.Helper()
	tab, end := chromedp.NewContext(b.ctx)
	tab, cancel := context.WithTimeout(tab, time.Minute)
	t.Cleanup(func() { cancel(); end() })
	return tab
}

// Check opens url in a window of the given width and lists what is wrong: violations of WCAG 2.2 A and AA, and a page
// that scrolls sideways. Cookies set it into a mode or sign someone in. Each of more is an expression that lists further
// findings.
func (b *Browser) Check(url string, width int64, cookies map[string]string, more ...string) ([]string, error) {
	tab, end := chromedp.NewContext(b.ctx)
	defer end()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if err := b.visit(tab, url, width, cookies); err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", url, err)
	}
	for _, question := range more {
		list, err := chromedp.Run(tab, chromedp.Evaluate[[]string](question))
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", url, err)
		}
		found = append(found, list...)
	}
	return found, nil
}

// Elder lists what is too small on a page in elder mode: letters under 24 px (18 points), controls under 60 px (工信部
// 互联网网站适老化通用设计规范, 2021). Links inside a sentence are as high as their line.
const Elder = `(() => {
	const out = [], seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !e.closest("svg, .sr, [aria-hidden=true], .demo, .skip");
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement, size = parseFloat(getComputedStyle(e).fontSize);
		if (n.data.trim() && seen(e) && !e.closest("script, style, template") && size < 23.9) out.push("letters of " + size + " px: " + n.data.trim().slice(0, 30));
	}
	for (const e of document.querySelectorAll("button, select, textarea, summary, nav a, .btn, input:not([type=hidden])")) {
		if (!seen(e) || e.closest("p, dd, td, li p")) continue;
		const box = (/radio|checkbox/.test(e.type) && e.closest("label") || e).getBoundingClientRect();
		if (box.height && (box.height < 59.5 || box.width < 59.5)) out.push("a control of " + Math.round(box.width) + " by " + Math.round(box.height) + " px: " + e.tagName + " " + (e.textContent || e.name || "").trim().slice(0, 30));
	}
	return out.slice(0, 12);
})()`

// Words lists the texts of a page, and its labels, that are said to be in the page's own language.
const Words = `(() => {
	const own = document.documentElement.lang, out = new Set();
	const mine = (e) => !e.closest("code, kbd, pre, script, style, textarea") && (e.closest("[lang]") || document.documentElement).lang === own;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) if (n.data.trim() && mine(n.parentElement)) out.add(n.data.trim().replace(/\s+/g, " "));
	for (const e of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]")) if (mine(e))
		for (const a of ["aria-label", "placeholder", "title", "alt"]) if (e.getAttribute(a)) out.add(e.getAttribute(a).trim());
	out.add(document.title);
	return [...out].map((x) => "words:" + x);
})()`

func (b *Browser) visit(tab context.Context, url string, width int64, cookies map[string]string) error {
	// axe writes a style of its own, which our policy would refuse.
	if _, err := chromedp.Call(tab, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true}); err != nil {
		return err
	}
	// All tabs share one jar: who was signed in on the page before must not be on this one.
	if _, err := chromedp.Call(tab, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		return err
	}
	for name, value := range cookies {
		if _, err := chromedp.Call(tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url}); err != nil {
			return err
		}
	}
	return chromedp.Do(tab,
		chromedp.EmulateViewport(width, 900),
		chromedp.Navigate(url),
		chromedp.Evaluate[chromedp.Void](b.axe+"; 0"))
}

const ask = `(async () => {
	const out = [];
	const r = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
	for (const v of r.violations) for (const n of v.nodes.slice(0, 4))
		out.push(v.id + ": " + n.target.join(" ") + ": " + (n.failureSummary || "").replace(/\s+/g, " ").slice(0, 240));
	const d = document.documentElement;
	if (d.scrollWidth > d.clientWidth) {
		const wide = [...document.body.querySelectorAll("*")].filter((x) => x.getBoundingClientRect().right > d.clientWidth + 1).slice(0, 3);
		out.push("scrolls sideways: " + d.scrollWidth + " > " + d.clientWidth + ": " + wide.map((x) => x.tagName + "." + x.getAttribute("class")).join(", "));
	}
	return out;
})()`

// Report fails t once for each finding.
func Report(t *testing.T, where string, found []string) {
	t.Helper()
	for _, f := range found {
		t.Errorf("%s: %s", where, strings.TrimSpace(f))
	}
}

// Shot is a picture of url, PNG, as tall as the page up to twice the window.
func (b *Browser) Shot(url string, width, height int64, cookies map[string]string) ([]byte, error) {
	tab, end := chromedp.NewContext(b.ctx)
	defer end()
	tab, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	for name, value := range cookies {
		if _, err := chromedp.Call(tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url}); err != nil {
			return nil, err
		}
	}
	if err := chromedp.Do(tab, chromedp.EmulateViewport(width, height), chromedp.Navigate(url)); err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	return chromedp.Run(tab, chromedp.CaptureScreenshot())
}
