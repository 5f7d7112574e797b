package open311_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// checks counts what was checked of one side and what held.
type checks struct {
	t            *testing.T
	side         string
	part         string
	made, passed int
}

// that notes one check; got is shown when it does not hold.
func (k *checks) that(what string, held bool, got any) {
	k.t.Helper()
	k.made++
	if held {
		k.passed++
		return
	}
	k.t.Errorf("%s, %s: %s\n\tgot %.900s", k.side, k.part, what, fmt.Sprint(got))
}

// equal is that for values.
func (k *checks) equal(what string, got, want any) {
	k.t.Helper()
	k.that(fmt.Sprintf("%s is %v", what, want), fmt.Sprint(got) == fmt.Sprint(want), got)
}

func (k *checks) report() {
	fmt.Printf("Open311 %s: %d checks passed of %d\n", k.side, k.passed, k.made)
}

// TestConformance is the checklist of the reference, over real HTTP: the server
// by raw calls that know nothing of package georeport, the client against our
// own server and against peers that mean no good.
//
//	go test ./internal/intake/open311 -run Conformance -v | grep checks
func TestConformance(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Run("server", func(t *testing.T) {
			k := &checks{t: t, side: "server/" + db.Dialect().String()}
			defer k.report()
			for _, part := range serverParts {
				k.part = part.name
				part.do(k, newCityOf(t, db.Dialect()))
			}
		})
		t.Run("client", func(t *testing.T) {
			k := &checks{t: t, side: "client/" + db.Dialect().String()}
			defer k.report()
			for _, part := range clientParts {
				k.part = part.name
				part.do(k, newCityOf(t, db.Dialect()))
			}
		})
	})
}

type part struct {
	name string
	do   func(k *checks, c *city)
}

// newCityOf is a city on a database of its own.
func newCityOf(t *testing.T, d sqldb.Dialect) *city { return newCity(t, sqldbtest.New(t, d)) }

// element is XML as it stands there.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Kids    []element `xml:",any"`
}

func readXML(k *checks, r reply) element {
	k.t.Helper()
	k.that("the XML has a declaration with encoding", strings.HasPrefix(r.body, `<?xml version="1.0" encoding="UTF-8"?>`), r.body)
	var e element
	d := xml.NewDecoder(strings.NewReader(r.body))
	err := d.Decode(&e)
	k.that("the XML is well formed", err == nil, fmt.Sprint(err, r.body))
	_, more := d.Token()
	for more == nil {
		_, more = d.Token()
	}
	k.that("the XML ends where it ends", errors.Is(more, io.EOF), more)
	k.equal("namespace", e.XMLName.Space, "")
	return e
}

func (e element) kid(name string) (element, bool) {
	for _, x := range e.Kids {
		if x.XMLName.Local == name {
			return x, true
		}
	}
	return element{}, false
}

func (e element) text(name string) string { x, _ := e.kid(name); return x.Text }

func (e element) names() string {
	var out []string
	for _, x := range e.Kids {
		out = append(out, x.XMLName.Local)
	}
	return strings.Join(out, " ")
}

func readJSON[T any](k *checks, r reply) T {
	k.t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader([]byte(r.body)))
	d.UseNumber()
	err := d.Decode(&v)
	k.that("the JSON has its shape", err == nil, fmt.Sprint(err, r.body))
	return v
}

// object is a JSON object.
type object = map[string]any

// failure checks an error: status, and body in the format asked for.
func failure(k *checks, what string, r reply, status int, code string) {
	k.t.Helper()
	k.that(fmt.Sprintf("%s: status %d", what, status), r.status == status, fmt.Sprint(r.status, " ", r.body))
	if strings.HasPrefix(r.header.Get("Content-Type"), "text/xml") {
		e := readXML(k, r)
		x, _ := e.kid("error")
		k.that(what+": errors/error{code, description}", e.XMLName.Local == "errors" && x.text("code") != "" && x.text("description") != "", r.body)
		k.that(what+": code "+code, strings.Contains(x.text("code"), code), x.text("code"))
		return
	}
	k.equal(what+": content type", r.header.Get("Content-Type"), "application/json; charset=utf-8")
	list := readJSON[[]object](k, r)
	k.that(what+": [{code, description}]", len(list) > 0 && list[0]["code"] != nil && list[0]["description"] != nil, r.body)
	k.that(what+": code "+code, len(list) > 0 && strings.Contains(fmt.Sprint(list[0]["code"]), code), r.body)
}
