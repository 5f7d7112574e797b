package app_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"gongzhi/internal/geo"
	"gongzhi/internal/page/axetest"
	"gongzhi/internal/sqldb"
)

// phone is a resident's telephone with its position switched on. It counts how
// often the glass is touched; typing is not counted.
type phone struct {
	t    *testing.T
	tab  context.Context
	base string
	taps int
}

func openPhone(t *testing.T, base string, at geo.Point) *phone {
	t.Helper()
	p := &phone{t: t, tab: axetest.Open(t).Tab(t), base: base}
	accuracy := 20.0
	permission := cdpbrowser.SetPermissionParams{Permission: &cdpbrowser.PermissionDescriptor{Name: "geolocation"}, Setting: cdpbrowser.PermissionSettingGranted, Origin: base}
	if _, err := chromedp.CallBrowser(p.tab, cdpbrowser.SetPermission, permission); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(p.tab, emulation.SetGeolocationOverride, emulation.SetGeolocationOverrideParams{Latitude: &at.Lat, Longitude: &at.Lng, Accuracy: &accuracy}); err != nil {
		t.Fatal(err)
	}
	// Waiting is done by a function in the page, which our policy would refuse.
	if _, err := chromedp.Call(p.tab, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(base+"/"))
	return p
}

func (p *phone) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.tab, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phone) tap(selector string) {
	p.t.Helper()
	p.taps++
	var err error
	for range 20 { // what belonged to a page that has just gone cannot be clicked: the new one has it too
		err = chromedp.Do(p.tab, chromedp.WaitVisible(selector), chromedp.Click(selector))
		if err == nil || p.tab.Err() != nil || !strings.Contains(err.Error(), "node") {
			break
		}
	}
	if err != nil {
		p.t.Fatalf("%s: %v", selector, err)
	}
}

// turn taps and waits for the page that follows, where it reads like the one
// before.
func (p *phone) turn(selector string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`document.documentElement.dataset.gone = ""`))
	p.tap(selector)
	var err error
	for range 100 {
		_, err = chromedp.Run(p.tab, chromedp.Poll[bool](`document.readyState === "complete" && !("gone" in document.documentElement.dataset)`))
		if err == nil || p.tab.Err() != nil {
			break
		}
	}
	if err != nil {
		p.t.Fatalf("after %s: %v", selector, err)
	}
}

// sees waits until the words are on the page. A page that goes away while it is
// looked at is looked at again.
func (p *phone) sees(words string) {
	p.t.Helper()
	var err error
	for range 100 {
		_, err = chromedp.Run(p.tab, chromedp.Poll[bool](`document.readyState === "complete" && document.body.innerText.includes("`+words+`")`))
		if err == nil || p.tab.Err() != nil {
			break
		}
	}
	if err != nil {
		p.t.Fatalf("%s: %v", words, err)
	}
}

// TestResidentReportsFromAPhoneInNineTaps is the whole report as a person does
// it who stands beside the broken lamp.
func TestResidentReportsFromAPhoneInNineTaps(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	home := homeOf(t, a)
	p := openPhone(t, server.URL, home)
	p.tap(`.say .input`)
	p.do(chromedp.SendKeys(`.say .input`, "小区门口路灯坏了三天，晚上看不见路"))
	p.tap(`.say .btn`)
	p.sees("在哪里")
	p.tap(`[data-locate]`)
	p.sees(a.Atlas.Atlas().Name(a.Atlas.Atlas().Locate(home)))
	p.tap(`.thumb .btn`)
	p.sees("坏了一盏还是好几盏")
	p.tap(`.choice`)
	p.tap(`.thumb .btn`)
	p.sees("怎么联系您")
	p.tap(`.thumb .btn`)
	p.sees("看看对不对")
	p.tap(`.thumb .btn`)
	p.sees("收到了，谢谢您")
	if p.taps > 9 {
		t.Errorf("%d taps, want at most 9", p.taps)
	}
}

// TestTheMapIsClickedWhereItShows clicks the middle of the picture on a phone,
// where its edges are cut off: the place must be the middle of the view.
func TestTheMapIsClickedWhereItShows(t *testing.T) {
	a, _ := openCity(t, sqldb.SQLite)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	home := homeOf(t, a)
	p := openPhone(t, server.URL, home)
	p.tap(`.say .input`)
	p.do(chromedp.SendKeys(`.say .input`, "路灯坏了"))
	p.tap(`.say .btn`)
	p.tap(`[data-locate]`)
	p.sees(a.Atlas.Atlas().Name(a.Atlas.Atlas().Locate(home)))
	p.turn(`button[value="move:in"]`)
	p.turn(`.place-map.near`)
	p.tap(`.thumb .btn`)
	p.sees("坏了一盏还是好几盏")
	p.do(chromedp.Evaluate[chromedp.Void](`location.href = location.href.replace("/about", "/check")`))
	p.sees("看看对不对")
	p.tap(`.thumb .btn`)
	p.sees("收到了")
	var got geo.Point
	err := a.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		return tx.QueryRow(`select lat, lng from request_order`).Scan(&got.Lat, &got.Lng)
	})
	if err != nil || got.Distance(home) > 25 {
		t.Errorf("clicked %.0f metres away from the middle of the map, %v", got.Distance(home), err)
	}
}
