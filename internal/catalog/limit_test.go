package catalog_test

import (
	"testing"

	"gongzhi/internal/calendar"
	"gongzhi/internal/catalog"
)

func TestTheProfilesThatComeWithTheProgramCanBeCounted(t *testing.T) {
	list, err := catalog.LimitProfiles()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range list {
		if seen[p.Profile] || p.Name == "" || p.Source == "" || len(p.Rules) == 0 {
			t.Errorf("profile %q is incomplete or there twice", p.Profile)
		}
		seen[p.Profile] = true
	}
	for _, name := range []string{"beijing_db11_draft_2021", "shanghai_daning_2019", "guangdong_2022", "shandong_2020", "jinan_2018", "weifang_2021", "xinfang_2022", "foi_2019", "deputies_2025", "szcg_several"} {
		if !seen[name] {
			t.Errorf("no profile %s", name)
		}
	}
}

func TestTheNearestRuleIsFound(t *testing.T) {
	tree := catalog.NewTree([]catalog.Category{{Code: "01", Name: "水", Active: true}, {Code: "0101", Parent: "01", Name: "停水", Active: true}, {Code: "02", Name: "路", Active: true}})
	limits := catalog.NewLimits([]catalog.LimitRule{
		{Code: "all", Stage: "handle", Limit: calendar.Limit{N: 5, Unit: "wd"}, Active: true},
		{Code: "consult", Stage: "handle", Types: []string{"consult"}, Limit: calendar.Limit{N: 2, Unit: "wd"}, Active: true},
		{Code: "urgent", Stage: "handle", Urgency: "urgent", Limit: calendar.Limit{N: 4, Unit: "h"}, Active: true},
		{Code: "water", Stage: "handle", Category: "01", Limit: calendar.Limit{N: 24, Unit: "h"}, Active: true},
		{Code: "outage", Stage: "handle", Category: "0101", Limit: calendar.Limit{N: 12, Unit: "h"}, From: "2026-01-01", Until: "2026-12-31", Active: true},
		{Code: "off", Stage: "handle", Category: "0101", Limit: calendar.Limit{N: 1, Unit: "h"}},
		{Code: "accept", Stage: "accept", Limit: calendar.Limit{N: 2, Unit: "wh"}, Active: true},
	}, tree)
	for _, x := range []struct {
		want string
		c    catalog.LimitCase
	}{
		{"all", catalog.LimitCase{Stage: "handle", Type: "help", Category: "02", Day: "2026-05-01"}},
		{"consult", catalog.LimitCase{Stage: "handle", Type: "consult", Category: "02", Day: "2026-05-01"}},
		{"urgent", catalog.LimitCase{Stage: "handle", Type: "consult", Category: "02", Urgency: "urgent", Day: "2026-05-01"}},
		{"water", catalog.LimitCase{Stage: "handle", Type: "consult", Category: "01", Urgency: "urgent", Day: "2026-05-01"}},
		{"outage", catalog.LimitCase{Stage: "handle", Category: "0101", Day: "2026-12-31"}},
		{"water", catalog.LimitCase{Stage: "handle", Category: "0101", Day: "2027-01-01"}},
		{"water", catalog.LimitCase{Stage: "handle", Category: "0101", Day: "2025-12-31"}},
		{"accept", catalog.LimitCase{Stage: "accept", Category: "0101", Day: "2026-05-01"}},
		{"", catalog.LimitCase{Stage: "review", Category: "0101", Day: "2026-05-01"}},
	} {
		if got, _ := limits.Find(x.c); got.Code != x.want {
			t.Errorf("%v: rule %q, want %q", x.c, got.Code, x.want)
		}
	}
}
