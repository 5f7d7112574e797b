// Package page is the face of the product: layouts, parts, style sheet and scripts. It knows no feature and no city
// rule; a feature's page is a struct that embeds Base and a templ component that takes the struct.
//
// To add a page: write `type ListPage struct { page.Base; Rows []Row }` and in a .templ file
//
//	templ listPage(p ListPage) {
//		@page.Work(p.Base) {
//			<h1>{ p.T(key) }</h1>
//			…parts…
//		}
//	}
//
// then `go tool templ generate -path ./internal/dispatch` and, in the handler, View.Render(w, r, status, listPage(p)).
// Layouts: Public, StepPage, Work, Board, Phone, Desk, Print. Every part and whole sample pages are shown on /design;
// their source in sample.templ is there to be copied. A page has exactly one h1, no style attribute and no inline
// script; widths go through SVG parts. Classes are those of assets/gongzhi.css. Text right after an element must not
// begin with a full-width space, which templ cannot read.
package page

import (
	"net/url"
	"strings"
	"time"

	"gongzhi/internal/locale"
)

// Base is what every page knows about its visitor. Build one per request; the zero value of a field is a good value.
type Base struct {
	Lang  locale.Lang
	Title string // of the window; the layout adds the city's name
	Path  string // of this page, without the language prefix
	Query string // of this page, kept when the language is switched
	CSRF  string
	User  *User     // nil for residents
	Nav   []NavItem // of the masthead
	City  string    // 云泽市
	Place string    // what the masthead says: 云泽市 12345, 路灯管理所, 话务台
	Flash Flash

	Mode     string // "" standard, "elder", "contrast"
	Theme    string // "" as the device, "light", "dark"
	Large    bool   // in elder mode: letters of 30 points
	DemoMode bool

	Now  time.Time
	Zone *time.Location

	Feed string // address of the feed that belongs to the page, "" none
}

// User is the signed-in member of staff as the masthead shows them.
type User struct{ Name, Role, Unit string }

// NavItem is one entry of the masthead. Count is shown when it is above zero.
type NavItem struct {
	Label, Path string
	Current     bool
	Count       int
}

// Flash is a sentence about what was just done; Kind is "", "warn" or "bad".
type Flash struct{ Kind, Text string }

// T is the sentence of key in the visitor's language.
func (b Base) T(key string, args ...any) string { return locale.T(b.Lang, key, args...) }

// URL is the address of path in the visitor's language.
func (b Base) URL(path string) string { return langURL(b.Lang, path) }

// OtherLangURL is the address of this page in the other language.
func (b Base) OtherLangURL() string {
	u := langURL(b.Lang.Other(), b.Path)
	if b.Query != "" {
		u += "?" + b.Query
	}
	return u
}

// exportURL is where a list is asked for as a table, with what narrows this page.
func (b Base) exportURL(list string) string {
	q, err := url.ParseQuery(b.Query)
	if err != nil {
		q = url.Values{}
	}
	q.Del("after")
	q.Del("before")
	to := b.URL("/export/" + list)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func langURL(lang locale.Lang, path string) string {
	if lang != locale.EN || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.HasPrefix(path, "/en/") {
		return path // the last: where somebody came from, in this language
	}
	if path == "/" {
		return "/en/"
	}
	return "/en" + path
}

// With is this page's address with one query parameter set, or removed when value is empty: filters and tabs use it.
// The pager's cursor is dropped, since a changed filter starts at its first page.
func (b Base) With(name, value string) string {
	q, err := url.ParseQuery(b.Query)
	if err != nil {
		q = url.Values{}
	}
	q.Del("after")
	q.Del("before")
	if q.Del(name); value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return b.URL(b.Path)
	}
	return b.URL(b.Path) + "?" + q.Encode()
}

func (b Base) zone() *time.Location {
	if b.Zone == nil {
		return time.UTC
	}
	return b.Zone
}

// Date is t as a full date in the city's zone: 2026年11月23日.
func (b Base) Date(t time.Time) string { return locale.Date(b.Lang, t, b.zone()) }

// DateTime is t as a full date and clock in the city's zone.
func (b Base) DateTime(t time.Time) string { return locale.DateTime(b.Lang, t, b.zone()) }

// Short is t as 11月23日（周一）18:00 in the city's zone.
func (b Base) Short(t time.Time) string { return locale.Short(b.Lang, t, b.zone()) }

// Day is t as 11月23日（周一） in the city's zone.
func (b Base) Day(t time.Time) string { return locale.Day(b.Lang, t, b.zone()) }

// Ago is how long ago t was in the words people use.
func (b Base) Ago(t time.Time) string { return locale.Ago(b.Lang, t, b.Now, b.zone()) }

// windowTitle is the text of the title element.
func (b Base) windowTitle() string {
	place := b.Place
	if place == "" {
		place = b.City + " 12345"
	}
	if b.Title == "" {
		return place
	}
	return b.Title + " · " + place
}

func (b Base) deskTitle() string {
	if b.Title != "" {
		return b.Title
	}
	return b.place()
}

func (b Base) place() string {
	if b.Place != "" {
		return b.Place
	}
	return b.City + " 12345"
}

// theme and mode pass only known words on to the attributes the style sheet reads.
func (b Base) mode() string  { return oneOf(b.Mode, "elder", "contrast") }
func (b Base) theme() string { return oneOf(b.Theme, "light", "dark") }

// Elder reports whether the page is read in the mode for the elderly, which offers fewer things at once.
func (b Base) Elder() bool { return b.mode() == "elder" }

func oneOf(word string, known ...string) string {
	for _, k := range known {
		if word == k {
			return k
		}
	}
	return ""
}

// Stamp is t as a ledger writes it: 11/27 09:12, with the year when it is another.
func (b Base) Stamp(t time.Time) string { return locale.Stamp(t, b.Now, b.zone()) }
