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
// that scrolls sideways. Cookies set it into a mode or sign someone in.
func (b *Browser) Check(url string, width int64, cookies map[string]string) ([]string, error) {
	tab, end := chromedp.NewContext(b.ctx)
	defer end()
	tab, cancel := context.WithTimeout(tab, 30*time.Second)
	defer cancel()
	if err := b.visit(tab, url, width, cookies); err != nil {
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", url, err)
	}
	return found, nil
}

func (b *Browser) visit(tab context.Context, url string, width int64, cookies map[string]string) error {
	// axe writes a style of its own, which our policy would refuse.
	if _, err := chromedp.Call(tab, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true}); err != nil {
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
	tab, cancel := context.WithTimeout(tab, 30*time.Second)
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
