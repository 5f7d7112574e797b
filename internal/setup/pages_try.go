package setup

import (
	"cmp"
	"net/url"

	"gongzhi/internal/catalog"
	"gongzhi/internal/page"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// Trial is the box in which the duty list can be tried out: who would get a
// request of a category at a place today, and why.
type Trial struct {
	Categories, Areas, Scopes []page.Option
	Category, Area, Scope     string
	Answer                    *Answer // nil: nothing was asked
}

// Answer says who answers for it, by which line, and which lines were passed
// over.
type Answer struct {
	Lead, Reason, Rule, RulePath string
	Fallback                     bool
	Assists                      []string
	Passed                       []Found
}

func (s *Service) try(tx *sqldb.Tx, w *world, b page.Base, q *web.Values) (*Trial, error) {
	t := &Trial{Category: q.String("category", 40), Area: q.String("area", 20), Scope: q.String("scope", 40)}
	t.Categories = append([]page.Option{{Label: b.T("setup.choose_one")}}, w.categoryOptions(b)...)
	t.Areas = append([]page.Option{{Label: b.T("setup.choose_none")}}, w.areaOptions([]string{place.District, place.Street, place.Community})...)
	t.Scopes = []page.Option{{Label: b.T("setup.scope_any")}}
	for _, v := range scopes {
		t.Scopes = append(t.Scopes, page.Option{Value: v, Label: b.T("setup.scope_" + v)})
	}
	if t.Category == "" {
		return t, nil
	}
	day := s.Catalog.Book().Calendar.DayOf(tx.Now)
	c, err := catalog.Resolve(tx, w.tree, t.Category, catalog.Place{Area: t.Area, Scope: t.Scope}, day)
	if err != nil {
		return t, err
	}
	t.Answer = w.answer(b, c)
	return t, nil
}

func (w *world) answer(b page.Base, c catalog.Choice) *Answer {
	line := func(id string) string { return b.URL("/setup/data/duties/entry/" + url.PathEscape(id)) }
	a := &Answer{Lead: c.Lead.Name, Reason: c.Reason, Rule: c.Rule, Fallback: c.Fallback}
	if c.Rule != "" {
		a.RulePath = line(c.Rule)
	}
	for _, x := range c.Assists {
		a.Assists = append(a.Assists, x.Unit.Name+" "+limitWords(b.Lang, limitText(x.Limit)))
	}
	for _, x := range c.Passed {
		a.Passed = append(a.Passed, Found{Label: x.Rule + " " + cmp.Or(w.leadName(b.Lang, x.Unit), x.Unit), Note: b.T("setup.passed_" + x.Why), Path: line(x.Rule)})
	}
	return a
}
