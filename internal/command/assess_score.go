package command

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gongzhi/internal/score"
)

const scoreColumns = `
列 / columns（中文或英文表头均可，顺序不限 / Chinese or English headers, in any order）：
  单位 unit（必需 / required）    分组 group    月份 month    工单量 orders_total
  每行一个单位 / a row for each unit：每个项目一列，列名是方案里的名称、代码或别名；也可以是“名称分子”“名称分母”两列
      one column for each item under its name or code in the scheme, or two: NAME_numerator, NAME_denominator
  每行一个单位和指标 / a row for each unit and item：指标 indicator，指标值 rate（published_rate_pct），或分子 numerator 和分母 denominator
  公布数 / published figures, compared when they are there：published_points，published_total（published_score，总分），published_rank（名次）
  只有公布总分的表只排名次；known_deductions（扣分合计）可代替各项
  空格：没有给出；无、-：没有可计的工单 / blank: not given; “-”: nothing to count`

// assessScore scores the units of a table by a scheme.
func assessScore(_ context.Context, e env, args []string) error {
	w := assessFlags(e, "score", scoreColumns+"\n  随程序提供的方案 / schemes that come with the program: "+strings.Join(score.Templates(), ", "))
	name := w.fs.String("scheme", "", "`FILE` of the scheme, or the name of one that comes with the program")
	if err := w.parse(args); err != nil {
		return err
	}
	if *name == "" {
		return errors.New(w.t("score.cli_no_scheme", "", strings.Join(score.Templates(), ", ")))
	}
	s, err := w.scheme(*name)
	if err != nil {
		return err
	}
	return w.scoreBy(s, true)
}

const rankColumns = `
列 / columns：单位 unit，总分 published_score（published_total、总分、得分）；可有 分组 group，月份 month，名次 published_rank，工单量 orders_total
  名次 = 1 + 同组同期总分更高的单位数；并列者同名次 / rank = 1 + how many of the same group and period are strictly better`

// assessRank ranks the units of a table by a total that it brings.
func assessRank(_ context.Context, e env, args []string) error {
	w := assessFlags(e, "rank", rankColumns)
	s := &score.Scheme{}
	w.fs.StringVar(&s.Order, "order", "high", "which total is the best: high or low")
	w.fs.Int64Var(&s.Least, "least", 0, "units with fewer `orders` are not ranked")
	if err := w.parse(args); err != nil {
		return err
	}
	if s.Order != "high" && s.Order != "low" {
		return errors.New("--order: high|low")
	}
	return w.scoreBy(s, false)
}

func (w *assessing) scoreBy(s *score.Scheme, scheme bool) error {
	t, bad, err := w.table(score.Headers())
	if err != nil {
		return err
	}
	f, err := s.Read(t)
	if err != nil {
		return w.say(w.input, err)
	}
	if bad = append(bad, f.Problems...); len(bad) > 0 {
		return w.refuse(bad)
	}
	results, err := s.Score(f.Entries)
	if err != nil {
		return w.say(w.input, err)
	}
	out := scoreAnswer{File: w.input, Rows: len(t.Rows), Units: []unitAnswer{}, Published: w.compared(s.Compare(f, results)), Warnings: w.warnings(s, f, results)}
	if scheme {
		out.Scheme = &schemeAnswer{s.Code, s.Name, s.Source, s.From, s.To, s.Notes}
		out.Form = map[bool]string{true: "long", false: "wide"}[f.Long]
	}
	for i := range results {
		out.Units = append(out.Units, w.unit(s, &results[i], f, i))
	}
	return w.print(out)
}

type scoreAnswer struct {
	Scheme    *schemeAnswer  `json:"scheme,omitempty"`
	File      string         `json:"file"`
	Form      string         `json:"form,omitempty"` // wide: a row for each unit; long: for each unit and item
	Rows      int            `json:"rows"`
	Units     []unitAnswer   `json:"units"`
	Published comparedAnswer `json:"published"`
	Warnings  []string       `json:"warnings"`
}

type schemeAnswer struct {
	Code   string   `json:"code"`
	Name   string   `json:"name"`
	Source string   `json:"source"`
	From   string   `json:"from,omitempty"`
	To     string   `json:"to,omitempty"`
	Notes  []string `json:"notes"`
}

type unitAnswer struct {
	Unit       string       `json:"unit"`
	Period     string       `json:"period,omitempty"`
	Group      string       `json:"group,omitempty"`
	GroupName  string       `json:"group_name,omitempty"`
	Orders     *int64       `json:"orders,omitempty"`
	Items      []itemAnswer `json:"items,omitempty"`
	Base       *score.Num   `json:"base,omitempty"`
	Deductions *score.Num   `json:"deductions,omitempty"`
	Bonus      *score.Num   `json:"bonus,omitempty"`
	Total      *score.Num   `json:"total"`
	Sum        string       `json:"sum,omitempty"` // how the total came about
	From       string       `json:"total_from"`    // scheme, file (as published), none
	Rank       *int         `json:"rank"`
	Of         int          `json:"of,omitempty"`
	Tied       bool         `json:"tied,omitempty"`
	Grade      string       `json:"grade,omitempty"`
	Apart      string       `json:"apart,omitempty"` // none, absent, few
	ApartWords string       `json:"apart_words,omitempty"`
	Absent     []string     `json:"absent_items,omitempty"`
	Published  *score.Num   `json:"published_total,omitempty"`
	PublRank   *int         `json:"published_rank,omitempty"`
}

type itemAnswer struct {
	Code        string          `json:"code"`
	Name        string          `json:"name"`
	State       string          `json:"state"` // scored, absent (not given), none (nothing to count)
	Input       *score.Num      `json:"input,omitempty"`
	Numerator   *score.Num      `json:"numerator,omitempty"`
	Denominator *score.Num      `json:"denominator,omitempty"`
	Figure      string          `json:"figure,omitempty"`
	Interval    *score.Interval `json:"interval,omitempty"`
	Points      *score.Num      `json:"points"`
	Full        score.Num       `json:"full"`
	Deduction   *score.Num      `json:"deduction,omitempty"`
	Bonus       bool            `json:"bonus,omitempty"`
	Rule        string          `json:"rule"`
	Sum         string          `json:"sum,omitempty"`
	Parts       []partAnswer    `json:"parts,omitempty"`
	Published   *score.Num      `json:"published_points,omitempty"`
	Reproduced  *bool           `json:"reproduced,omitempty"`
	Row         int             `json:"row,omitempty"`
}

type partAnswer struct {
	Code  string    `json:"code"`
	Name  string    `json:"name"`
	Input score.Num `json:"input"`
}

func (w *assessing) unit(s *score.Scheme, r *score.Result, f *score.Figures, at int) unitAnswer {
	out := unitAnswer{Unit: r.Unit, Period: r.Period, Group: r.Group, Orders: r.Volume, Total: r.Total, From: "scheme", Of: r.Of, Tied: r.Tied,
		Grade: r.Grade, Apart: r.Apart, Absent: r.Absent}
	if r.In != nil {
		out.Group, out.GroupName = r.In.Code, r.In.Name
	}
	if r.Apart != "" {
		out.ApartWords = w.t("score.apart_"+r.Apart, int(s.Least))
	}
	if r.Rank > 0 {
		out.Rank = &r.Rank
	}
	switch {
	case r.Taken:
		out.From = "file"
	case r.Total == nil:
		out.From = "none"
	default:
		out.Sum = r.Sum(s.Total.Round)
	}
	if !r.Taken {
		out.Base, out.Deductions, out.Bonus = &r.Base, &r.Lost, &r.Bonus
		for i := range r.Items {
			out.Items = append(out.Items, w.item(&r.Items[i]))
		}
	}
	out.published(f, at)
	return out
}

// published puts the figures of the table beside those of the scheme.
func (out *unitAnswer) published(f *score.Figures, at int) {
	for _, st := range f.Stated {
		if st.Entry != at {
			continue
		}
		if st.Total != nil {
			out.Published = st.Total
		}
		if st.Rank != nil {
			out.PublRank = st.Rank
		}
		for i := range out.Items {
			if it := &out.Items[i]; st.Points != nil && it.Code == st.Item {
				same := it.Points != nil && it.Points.Cmp(*st.Points) == 0
				it.Published, it.Reproduced, it.Row = st.Points, &same, st.Row
			}
		}
	}
}

func (w *assessing) item(p *score.Points) itemAnswer {
	it := p.Item
	out := itemAnswer{Code: it.Code, Name: it.Name, State: p.State, Full: it.Full, Bonus: it.Kind == score.Bonus, Rule: it.Words(w.lang), Sum: p.Sum(), Figure: p.Figure()}
	if v := p.Value; v != nil && v.K != nil && v.N != nil {
		out.Numerator, out.Denominator = v.K, v.N
		if i, ok := score.Wilson(*v.K, *v.N); ok {
			out.Interval = &i
		}
	}
	if p.State != score.Scored {
		return out
	}
	out.State, out.Points = "scored", &p.Got
	if p.Value != nil {
		out.Input = &p.X
	}
	if !out.Bonus {
		out.Deduction = &p.Lost
	}
	for _, part := range p.Parts {
		if part.Given {
			out.Parts = append(out.Parts, partAnswer{part.Part.Code, part.Part.Name, part.X})
		}
	}
	return out
}

// comparedAnswer says how many of the published figures the rule reproduces.
type comparedAnswer struct {
	Figures    int          `json:"figures"`
	Reproduced int          `json:"reproduced"`
	Misses     []missAnswer `json:"misses"`
}

type missAnswer struct {
	Row       int        `json:"row"`
	Unit      string     `json:"unit"`
	Period    string     `json:"period,omitempty"`
	What      string     `json:"what"` // points, total, rank
	Item      string     `json:"item,omitempty"`
	Published score.Num  `json:"published"`
	Computed  *score.Num `json:"computed"`
	Why       string     `json:"why"`
	Words     string     `json:"words"`
}

func (w *assessing) compared(c score.Compared) comparedAnswer {
	out := comparedAnswer{c.Figures, c.Reproduced, []missAnswer{}}
	for _, m := range c.Misses {
		what := "total"
		switch {
		case m.Item != "":
			what = "points"
		case m.Rank:
			what = "rank"
		}
		out.Misses = append(out.Misses, missAnswer{m.Row, m.Unit, m.Period, what, m.Item, m.Published, m.Computed, m.Why, w.t("score.why_" + m.Why)})
	}
	return out
}

// warnings are what a reader should know before he uses the figures.
func (w *assessing) warnings(s *score.Scheme, f *score.Figures, results []score.Result) []string {
	out := []string{}
	if len(f.Missing) > 0 && len(f.Missing) < len(s.Items) {
		out = append(out, w.t("score.warn_missing", strings.Join(f.Missing, "、")))
	}
	if len(f.Unused) > 0 {
		out = append(out, w.t("score.warn_unused", strings.Join(f.Unused, "、")))
	}
	if f.Small() {
		out = append(out, w.t("score.warn_small"))
	}
	if slices.ContainsFunc(results, func(r score.Result) bool { return r.Total != nil && len(r.Absent) > 0 }) {
		out = append(out, w.t("score.warn_assumed"))
	}
	for _, r := range results {
		if !s.Holds(r.Period) {
			out = append(out, w.t("score.warn_period", r.Period, s.From, s.To))
			break
		}
	}
	return out
}
