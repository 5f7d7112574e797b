package dispatch

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/catalog"
	"gongzhi/internal/export"
	"gongzhi/internal/locale"
	"gongzhi/internal/page"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/web"
)

// adviceDays are the spans to choose from.
var adviceDays = []string{"30", "90", "365"}

// advicePage shows the dispatch lead how good the proposals are.
type advicePage struct {
	page.Base
	Days     string
	F        *advice.Figures
	Versions []advice.Version
	Curves   map[string][]advice.Point
	Doubts   []advice.Doubt
	Unlearnt []string
	Tree     *catalog.Tree
	Units    func(id string) string
	May      bool // put another version in force
}

// mostUnlearnt and mostDoubts are how many the page lists; the table has all.
const (
	mostUnlearnt = 30
	mostDoubts   = 12
)

func (s *Service) advice(w http.ResponseWriter, r *http.Request) error {
	p := s.advicePage(s.Base(w, r, "dispatch.advice"), r.URL.Query())
	p.May = actor.Allowed(actor.From(r.Context()), "advice.choose")
	if err := s.DB.View(r.Context(), func(tx *sqldb.Tx) error { return s.fillAdvice(tx, actor.From(r.Context()), p) }); err != nil {
		return err
	}
	return page.View{}.Render(w, r, http.StatusOK, adviceView(p))
}

func (s *Service) advicePage(b page.Base, q url.Values) *advicePage {
	book := s.Catalog.Book()
	p := &advicePage{Base: b, Days: q.Get("days"), Tree: book.Tree}
	if !slices.Contains(adviceDays, p.Days) {
		p.Days = adviceDays[0]
	}
	p.Units = func(id string) string {
		if u, ok := book.Resolver.Unit(id); ok {
			return u.Name
		}
		return id
	}
	return p
}

func (s *Service) fillAdvice(tx *sqldb.Tx, a actor.Actor, p *advicePage) (err error) {
	days, _ := strconv.Atoi(p.Days)
	if p.F, err = advice.CountFigures(tx, days); err != nil {
		return err
	}
	if p.Versions, err = advice.Versions(tx); err != nil {
		return err
	}
	if p.Curves, err = advice.Curves(tx); err != nil {
		return err
	}
	if p.Doubts, err = advice.Doubts(tx, a, mostDoubts); err != nil {
		return err
	}
	p.Unlearnt, err = s.Advice.Unlearnt(tx)
	return err
}

// postAdvice puts an earlier version in force.
func (s *Service) postAdvice(w http.ResponseWriter, r *http.Request) error {
	v, err := web.Form(r)
	if err != nil {
		return err
	}
	if err := s.Advice.Choose(r.Context(), actor.From(r.Context()), v.String("model", 60)); err != nil {
		return err
	}
	page.SetFlash(w, r, "", "dispatch.advice_chosen")
	return web.See(w, r, "/dispatch/advice")
}

func (p *advicePage) segments() []page.Segment {
	var out []page.Segment
	for _, d := range adviceDays {
		out = append(out, page.Segment{Label: p.T("dispatch.advice_days", d), Path: p.With("days", d), Count: -1, Current: d == p.Days})
	}
	return out
}

// leastAgreed is the number of decisions below which no rate is shown.
const leastAgreed = 10

func share(k, n int64) string {
	if n == 0 {
		return "–"
	}
	return locale.Percent(float64(k) / float64(n))
}

func (p *advicePage) figures() []page.Figure {
	f := p.F
	return []page.Figure{
		{Label: p.T("dispatch.advice_right"), Value: share(f.Right, f.Decided), Note: p.of(f.Right, f.Decided)},
		{Label: p.T("dispatch.advice_among"), Value: share(f.Among, f.Decided), Note: p.of(f.Among, f.Decided)},
		{Label: p.T("dispatch.advice_unit_right"), Value: share(f.UnitRight, f.UnitCount), Note: p.of(f.UnitRight, f.UnitCount)},
		{Label: p.T("dispatch.advice_unsure"), Value: share(f.Unsure, f.Decided), Note: p.of(f.Unsure, f.Decided)},
	}
}

func (p *advicePage) of(k, n int64) string {
	return p.T("dispatch.advice_of", locale.Count(int(k)), locale.Count(int(n)))
}

// chart draws the share that was right, week by week.
func (p *advicePage) chart() page.Chart {
	c := page.Chart{Title: p.T("dispatch.advice_weeks"), Desc: p.T("dispatch.advice_weeks_desc", len(p.F.Weeks))}
	for i, w := range p.F.Weeks {
		c.Values = append(c.Values, 100*float64(w.Right)/float64(max(1, w.Decided)))
		if i == 0 || i == len(p.F.Weeks)-1 {
			c.Labels = append(c.Labels, page.ChartLabel{At: i, Text: w.From.In(p.Zone).Format("1/2")})
		}
	}
	return c
}

// sure says how far the first proposal for a request is believed in.
func (p *advicePage) sure(d advice.Doubt) string {
	if d.Share == 0 {
		return p.T("dispatch.advice_nothing")
	}
	return p.T("dispatch.advice_sure", locale.Percent(d.Share))
}

// adviceSubjects are what is learnt, in the order of the page.
var adviceSubjects = []string{advice.Category, advice.Type, advice.Unit}

// learning draws the share that was right by how much was learnt from.
func (p *advicePage) learning() page.Chart {
	c := page.Chart{Title: p.T("dispatch.advice_learning"), Desc: p.learned()}
	for i, x := range p.Curves[advice.Category] {
		c.Values = append(c.Values, 100*float64(x.Right)/float64(x.Judged))
		c.Labels = append(c.Labels, page.ChartLabel{At: i, Text: locale.Count(int(x.Learnt))})
	}
	return c
}

// beside is the width of what stands beside the learning curve, if there is one.
func (p *advicePage) beside() string {
	if p.learned() == "" {
		return "c12 card flush"
	}
	return "c7 card flush"
}

// learned says what twice as many decisions brought.
func (p *advicePage) learned() string {
	list := p.Curves[advice.Category]
	if len(list) < 2 {
		return ""
	}
	half, all := list[len(list)-2], list[len(list)-1]
	return p.T("dispatch.advice_learned", all.Judged, half.Learnt, share(half.Right, half.Judged), all.Learnt, share(all.Right, all.Judged))
}

func (p *advicePage) category(code string) string {
	if _, ok := p.Tree.Find(code); !ok {
		return code
	}
	return p.Tree.Name(code)
}

// compared is what a version showed in the shadow.
func (p *advicePage) compared(v advice.Version) string {
	if v.Judged == 0 {
		return p.T("dispatch.advice_not_compared")
	}
	return p.T("dispatch.advice_compared", locale.Count(int(v.Judged)), share(v.NewRight, v.Judged), share(v.OldRight, v.Judged))
}

// stateKind is the mark of a version's state.
func stateKind(state string) string {
	return map[string]string{advice.InForce: "ok", advice.Shadow: "warn"}[state]
}

// adviceTables are the tables of the page.
func (s *Service) adviceTables() []export.List {
	table := func(name string, rows func(*advicePage) ([]export.Column, [][]any)) export.List {
		return export.List{Name: "advice-" + name, Back: "/dispatch/advice", Policy: "advice.look", Open: func(tx *sqldb.Tx, b page.Base, a actor.Actor, q url.Values) (export.Table, error) {
			p := s.advicePage(b, q)
			if err := s.fillAdvice(tx, a, p); err != nil {
				return export.Table{}, err
			}
			columns, cells := rows(p)
			return export.Rows(columns, b.T("dispatch.advice_days", p.Days), cells), nil
		}}
	}
	return []export.List{
		table("categories", func(p *advicePage) ([]export.Column, [][]any) {
			return export.Columns("category", "decided", "right", "among", "returned"), tallyCells(p.F.Categories, p.category, true)
		}),
		table("units", func(p *advicePage) ([]export.Column, [][]any) {
			return export.Columns("unit", "decided", "right", "returned"), tallyCells(p.F.Units, p.Units, false)
		}),
		table("confusions", func(p *advicePage) (c []export.Column, out [][]any) {
			for _, x := range p.F.Confused {
				out = append(out, []any{p.category(x.Proposed), p.category(x.Chosen), x.N})
			}
			return export.Columns("proposed_category", "category", "cases"), out
		}),
		table("learning", func(p *advicePage) (c []export.Column, out [][]any) {
			for _, s := range adviceSubjects {
				for _, x := range p.Curves[s] {
					out = append(out, []any{p.T("dispatch.advice_subject_" + s), x.Learnt, x.Judged, x.Right})
				}
			}
			return export.Columns("advice_of", "learnt", "decided", "right"), out
		}),
		table("unlearnt", func(p *advicePage) (c []export.Column, out [][]any) {
			for _, x := range p.Unlearnt {
				out = append(out, []any{x, p.category(x)})
			}
			return export.Columns("code", "category"), out
		}),
	}
}

func tallyCells(list []advice.Tally, name func(string) string, among bool) [][]any {
	out := make([][]any, len(list))
	for i, t := range list {
		out[i] = []any{name(t.Code), t.Decided, t.Right}
		if among {
			out[i] = append(out[i], t.Among)
		}
		out[i] = append(out[i], t.Returned)
	}
	return out
}

// adviceFigures is the page as data.
type adviceFigures struct {
	Days       int              `json:"days"`
	Decided    int64            `json:"decided"`
	Right      int64            `json:"right"`
	Among      int64            `json:"among" doc:"one of the three proposals was chosen"`
	Unsure     int64            `json:"unsure"`
	Returned   int64            `json:"returned"`
	Categories []adviceTally    `json:"categories"`
	Units      []adviceTally    `json:"units"`
	Confused   []adviceConfused `json:"confused"`
	Versions   []adviceVersion  `json:"versions"`
	Learning   []adviceLearning `json:"learning"`
	Unlearnt   []string         `json:"unlearnt"`
}

type adviceTally struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Decided  int64  `json:"decided"`
	Right    int64  `json:"right"`
	Among    int64  `json:"among"`
	Returned int64  `json:"returned"`
}

type adviceConfused struct {
	Proposed string `json:"proposed"`
	Chosen   string `json:"chosen"`
	N        int64  `json:"n"`
}

type adviceVersion struct {
	ID       string `json:"id"`
	Subject  string `json:"subject" enum:"category,type,unit"`
	State    string `json:"state" enum:"shadow,in_force,retired,refused"`
	Examples int64  `json:"examples"`
	Judged   int64  `json:"judged"`
	NewRight int64  `json:"right"`
	OldRight int64  `json:"right_before"`
}

type adviceLearning struct {
	Subject string `json:"subject" enum:"category,type,unit"`
	Learnt  int64  `json:"learnt"`
	Judged  int64  `json:"judged"`
	Right   int64  `json:"right"`
}

type adviceIn struct {
	Days string `query:"days" enum:"30,90,365" default:"30"`
}

func (s *Service) apiAdvice(ctx context.Context, in *adviceIn) (out adviceFigures, err error) {
	p := s.advicePage(page.Base{}, url.Values{"days": {in.Days}})
	if err := s.DB.View(ctx, func(tx *sqldb.Tx) error { return s.fillAdvice(tx, actor.From(ctx), p) }); err != nil {
		return out, err
	}
	days, _ := strconv.Atoi(p.Days)
	out = adviceFigures{Days: days, Decided: p.F.Decided, Right: p.F.Right, Among: p.F.Among, Unsure: p.F.Unsure, Returned: p.F.Returned,
		Categories: adviceTallies(p.F.Categories, p.category), Units: adviceTallies(p.F.Units, p.Units), Unlearnt: slices.Concat([]string{}, p.Unlearnt)}
	for _, x := range p.F.Confused {
		out.Confused = append(out.Confused, adviceConfused(x))
	}
	for _, s := range adviceSubjects {
		for _, x := range p.Curves[s] {
			out.Learning = append(out.Learning, adviceLearning{s, x.Learnt, x.Judged, x.Right})
		}
	}
	for _, v := range p.Versions {
		out.Versions = append(out.Versions, adviceVersion{v.ID, v.Subject, v.State, v.Examples, v.Judged, v.NewRight, v.OldRight})
	}
	return out, nil
}

func adviceTallies(list []advice.Tally, name func(string) string) []adviceTally {
	out := []adviceTally{}
	for _, t := range list {
		out = append(out, adviceTally{t.Code, name(t.Code), t.Decided, t.Right, t.Among, t.Returned})
	}
	return out
}

type chooseIn struct {
	Model string `path:"model" maxLength:"60"`
}

// unlearnt are the names of the first categories nothing was learnt for.
func (p *advicePage) unlearnt() []string {
	var out []string
	for _, c := range p.Unlearnt[:min(len(p.Unlearnt), mostUnlearnt)] {
		k, _ := p.Tree.Find(c)
		out = append(out, k.Name)
	}
	return out
}
