package content_test

import (
	"strings"
	"testing"

	"gongzhi/internal/demo/content"
)

// exists says whether a unit reference of the duty list can be found.
func exists(c *content.City, ref string) bool {
	switch ref {
	case content.OfStreet, content.OfDistrict, content.OfCommunity:
		return true
	}
	if bureau, ok := strings.CutPrefix(ref, content.OfBureau); ok {
		for _, b := range c.Bureaus {
			if b.Code == bureau {
				return true
			}
		}
		return false
	}
	_, ok := c.Unit(ref)
	return ok
}

func TestEveryDutyNamesThingsThatExist(t *testing.T) {
	c := city(t)
	seen := map[string]bool{}
	for _, d := range c.Duties {
		key := d.Category
		if d.Place != nil {
			key += d.Place.Facility + d.Place.Area
			if d.Place.Estate != nil {
				key += "estate"
			}
		}
		if seen[key] {
			t.Errorf("%s: two duties say different things about the same place", key)
		}
		seen[key] = true
		if _, ok := c.Category(d.Category); !ok && d.Category != "" {
			t.Errorf("duty for %s: no such category", d.Category)
		}
		if !exists(c, d.Lead) || d.Reason == "" || d.From == "" {
			t.Errorf("duty for %s: lead %q, reason %q, from %q", d.Category, d.Lead, d.Reason, d.From)
		}
		for _, a := range d.Assists {
			if !exists(c, a.Unit) || a.Unit == d.Lead || a.Limit.N == 0 || a.Task == "" {
				t.Errorf("duty for %s: assist %+v", d.Category, a)
			}
		}
	}
}

func TestEveryLeafHasALeadEverywhere(t *testing.T) {
	c := city(t)
	spots := []content.Spot{{}, {Estate: true}, {Facility: "school"}, {Facility: "park"}}
	for _, k := range c.Leaves() {
		for _, s := range spots {
			d, ok := c.Resolve(k.Code, s, "2026-11-23")
			if !ok {
				t.Errorf("%s %s: nobody leads at %+v", k.Code, k.Name, s)
				continue
			}
			if len(d.Category) == 0 {
				t.Errorf("%s %s: only the fallback leads at %+v", k.Code, k.Name, s)
			}
		}
	}
}

func TestTheCloserRuleWins(t *testing.T) {
	c := city(t)
	for _, test := range []struct {
		category string
		spot     content.Spot
		want     string
	}{
		{"010101", content.Spot{}, "lighting"},
		{"010101", content.Spot{Estate: true}, content.OfBureau + "housing"},
		{"010302", content.Spot{}, "water"},
		{"150302", content.Spot{}, "sports"},
		{"150302", content.Spot{Facility: "school"}, "education"},
		{"999999", content.Spot{}, content.OfDistrict},
	} {
		d, ok := c.Resolve(test.category, test.spot, "")
		if !ok || d.Lead != test.want {
			t.Errorf("%s at %+v: got %q, want %q", test.category, test.spot, d.Lead, test.want)
		}
	}
}

func TestADutyNotYetInForceIsPassedOver(t *testing.T) {
	c := city(t)
	before, _ := c.Resolve("010302", content.Spot{}, "2026-05-31")
	after, _ := c.Resolve("010302", content.Spot{}, "2026-06-01")
	if before.Category != "0103" || after.Category != "010302" {
		t.Errorf("got %q before and %q after 1 June, want 0103 and 010302", before.Category, after.Category)
	}
}

// Rule D8: a unit may not hand a community what is outside its list, nor let
// it lead where it only assists.
func TestCommunitiesLeadNothingAndAssistOnlyWithinTheirList(t *testing.T) {
	c := city(t)
	for _, d := range c.Duties {
		if d.Lead == content.OfCommunity {
			t.Errorf("duty for %s: a community leads", d.Category)
		}
		for _, a := range d.Assists {
			if a.Unit == content.OfCommunity && len(c.MayAsk(d.Category)) == 0 {
				t.Errorf("duty for %s: not on the community's list", d.Category)
			}
		}
	}
	codes := map[string]bool{}
	for _, line := range c.Communities {
		if codes[line.Code] || line.Task == "" || line.Not == "" || (line.Kind != "assist" && line.Kind != "statutory") {
			t.Errorf("community line %+v", line)
		}
		codes[line.Code] = true
		if _, ok := c.Category(line.Category); !ok {
			t.Errorf("community line %s: no category %s", line.Code, line.Category)
		}
	}
	if len(c.Communities) < 20 {
		t.Errorf("got %d lines, want at least 20", len(c.Communities))
	}
	if lines := c.MayAsk("070101"); len(lines) != 0 {
		t.Errorf("house quality: got %v, want nothing a community may be asked for", lines)
	}
}
