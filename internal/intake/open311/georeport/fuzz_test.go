package georeport

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzRead gives whatever another system may send to every reader. None may
// panic, and what they let through has an id that can be used and a time.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`[{"service_request_id":1,"status":"open","requested_datetime":"2026-03-02T09:00:00Z","lat":30,"long":"120"}]`,
		`{"service_requests":{"request":{"service_request_id":"x","status":"closed","requested_datetime":"2026-03-02T09:00:00+0800"}}}`,
		`<service_requests><request><service_request_id>1</service_request_id><status>open</status></request></service_requests>`,
		`<dicovery><endpoints><endpoint><specification>http://wiki.open311.org/GeoReport_v2</specification><url>u/</url><type>production</type></endpoint></endpoints></dicovery>`,
		`{"service_request_updates":[{"update_id":7,"service_request_id":1,"status":"FIXED","updated_datetime":"2026-03-02T09:00:00Z","media_url":["a","b"]}]}`,
		`{"service_code":"a","attributes":[{"datatype":"singlevaluelist","code":"c","values":[{"key":1,"name":"n"}]}]}`,
		`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, `<html></html>`, `[[[[[[`, "\xff", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		list, _, err := ReadRequests(body)
		if err != nil && len(list) > 0 {
			t.Fatal("an error and requests")
		}
		for _, r := range list {
			if !usable(r.ID) || r.Requested.IsZero() || r.Updated.Before(r.Requested) || r.Placed && (r.Lat < -90 || r.Lat > 90) {
				t.Fatalf("let through: %+v", r)
			}
		}
		updates, _, _ := ReadUpdates(body)
		for _, u := range updates {
			if _, known := Status(u.Status); !usable(u.ID) || !known || u.At.IsZero() && u.At.Year() != 1 {
				t.Fatalf("let through: %+v", u)
			}
		}
		if c, err := ReadCreated(body); err == nil && c.ID == "" && c.Token == "" {
			t.Fatal("neither id nor token")
		}
		_, _ = ReadServices(body)
		_, _ = ReadDefinition(body)
		_ = ReadErrors(body)
		if d, err := ReadDiscovery(body); err == nil {
			_, _, _ = d.Choose()
		}
	})
}

// FuzzWrite writes any text in both formats and reads it back with the standard
// library: it is the same text but for what XML cannot hold.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"", "一\n二 <b> ]]> & \"' 😀", "\x00\x0b\u2028", "a\r\nb", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip() // refused long before
		}
		want := strings.Map(func(c rune) rune {
			if allowed(c) {
				return c
			}
			return -1
		}, text)
		e := []Error{{"c", text}}
		var j []struct{ Code, Description *string }
		if err := json.Unmarshal(ErrorsOf(JSON, e), &j); err != nil || len(j) != 1 {
			t.Fatalf("%q in JSON: %v", text, err)
		}
		if got := j[0].Description; text != "" && (got == nil || *got != want) {
			t.Fatalf("%q in JSON: got %v", text, got)
		}
		var x struct {
			Error []struct {
				Description string `xml:"description"`
			} `xml:"error"`
		}
		if err := xml.Unmarshal(ErrorsOf(XML, e), &x); err != nil || len(x.Error) != 1 || x.Error[0].Description != want {
			t.Fatalf("%q in XML: got %+v, %v", text, x, err)
		}
	})
}

// FuzzTime: what is read as a time is written as the same instant.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-03-02T09:00:00+08:00", "2026-03-02T09:00:00 08:00", "2026-03-02T09:00Z", "2026-03-02", "2028-02-29T23:59:60Z", "0000-00-00T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseTime(text)
		if err != nil {
			return
		}
		again, err := ParseTime(FormatTime(at))
		if err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Fatalf("%q: %v is written as %q: %v", text, at, FormatTime(at), err)
		}
	})
}
