package score

import (
	"slices"
	"strings"

	"gongzhi/internal/fault"
)

// Table are figures as people keep them: one row for a unit with a column for
// each item, or one row for each unit and item. Headers may be Chinese or
// English; the names of items are those of the scheme.
type Table struct {
	Header []string
	Rows   []TableRow
}

// TableRow is one row with its number as Excel shows it.
type TableRow struct {
	Number int
	Cells  []string
}

// Problem is a cell that cannot be used.
type Problem struct {
	Row           int
	Column, Value string
	Err           error
}

// Stated are the figures of one row as they were published.
type Stated struct {
	Row    int
	Entry  int    // index of its entry
	Item   string // code, of a row for one item
	Points *Num
	Total  *Num
	Rank   *int
}

// Figures are a table read by a scheme.
type Figures struct {
	Entries  []Entry
	Stated   []Stated
	Long     bool     // a row for each unit and item
	Unused   []string // columns that nothing was made of
	Missing  []string // items without a column
	Problems []Problem
}

// roles are what a column can be, with the headers by which it is known.
var roles = []struct {
	role  string
	names []string
}{
	{"unit", []string{"unit", "unit_name", "单位", "承办单位", "单位名称", "责任单位", "部门", "街道", "镇街", "乡镇街道", "县区", "区县", "county", "district", "name", "名称"}},
	{"group", []string{"group", "分组", "组别", "组", "类别"}},
	{"period", []string{"month", "period", "月份", "年月", "统计月", "周期", "统计周期", "期次", "季度", "quarter", "年度", "year"}},
	{"item", []string{"indicator", "item", "指标", "项目", "考核项", "考核项目", "考核指标", "指标名称", "项目名称"}},
	{"x", []string{"published_rate_pct", "rate_pct", "rate", "pct", "value", "input", "比率", "率", "指标值", "数值", "完成值", "完成率"}},
	{"k", []string{"numerator", "分子"}},
	{"n", []string{"denominator", "分母"}},
	{"points", []string{"published_points", "points", "公布得分", "项目得分", "指标得分"}},
	{"total", []string{"published_total", "published_score", "total", "score", "总分", "总得分", "公布总分", "综合得分", "得分"}},
	{"rank", []string{"published_rank", "rank", "名次", "排名", "位次"}},
	{"volume", []string{"orders_total", "volume", "orders", "handled", "工单量", "受理量", "工单数", "件数", "办件量", "诉求量"}},
	{"lost", []string{"known_deductions", "deductions", "扣分合计", "合计扣分", "扣分"}},
}

// Headers are all headers by which a table of figures is known.
func Headers() []string {
	var out []string
	for _, x := range roles {
		out = append(out, x.names...)
	}
	return out
}

// Small reports that every rate is 1 or less: probably shares were written
// where per cent are meant. The program does not guess.
func (f *Figures) Small() bool {
	seen := false
	for _, e := range f.Entries {
		for _, v := range e.Values {
			if v.X == nil {
				continue
			}
			if v.X.Cmp(Int(1)) > 0 {
				return false
			}
			seen = seen || v.X.Sign() > 0
		}
	}
	return seen
}

// bare is a header without what people hang on it: 满意率（%）.
func bare(header string) string {
	h := Compact(header)
	if i := strings.LastIndex(h, "("); i > 0 && strings.HasSuffix(h, ")") {
		h = h[:i]
	}
	return strings.TrimSuffix(h, "%")
}

// reading is one use of a table.
type reading struct {
	s     *Scheme
	t     Table
	at    map[string]int // column of a role
	value map[int]target // columns of wide rows
	out   *Figures
	index map[[3]string]int
	seen  map[string]bool
}

// target is what a column of a wide row is: the figure of an item or a part, or
// one of the two counts behind it.
type target struct {
	code, side string // side: "x", "k", "n"
}

// Read makes entries of a table. What cannot be read is listed, cell by cell;
// then the entries are not to be used, because every rank depends on all.
func (s *Scheme) Read(t Table) (*Figures, error) {
	r := reading{s: s, t: t, at: map[string]int{}, value: map[int]target{}, out: &Figures{}, index: map[[3]string]int{}, seen: map[string]bool{}}
	r.columns()
	if _, ok := r.at["unit"]; !ok {
		return nil, fault.New(fault.Invalid, "score.no_unit_column", nil, strings.Join(t.Header, ", "))
	}
	_, item := r.at["item"]
	if r.out.Long = item && !r.wide(); r.out.Long {
		if err := r.long(); err != nil {
			return nil, err
		}
	} else {
		r.missing()
	}
	for _, row := range t.Rows {
		r.row(row)
	}
	return r.out, nil
}

func (r *reading) columns() {
	for i, h := range r.t.Header {
		name := bare(h)
		if name == "" {
			continue
		}
		if role := roleOf(name); role != "" && !r.has(role) {
			r.at[role] = i
			continue
		}
		if t, ok := r.s.target(h); ok {
			r.value[i] = t
			continue
		}
		if published := strings.HasPrefix(name, "published_") || strings.HasPrefix(name, "公布"); published && !r.has("total") {
			r.at["total"] = i
			continue
		}
		r.out.Unused = append(r.out.Unused, h)
	}
	r.claim()
}

// claim gives a column whose header is a role's and an item's name to the item:
// a scheme may well have an item 扣分.
func (r *reading) claim() {
	for role, i := range r.at {
		if role == "unit" || role == "group" || role == "period" {
			continue
		}
		if t, ok := r.s.target(r.t.Header[i]); ok {
			r.value[i] = t
			delete(r.at, role)
		}
	}
}

func roleOf(name string) string {
	for _, x := range roles {
		if slices.Contains(x.names, name) {
			return x.role
		}
	}
	return ""
}

func (r *reading) has(role string) bool { _, ok := r.at[role]; return ok }

// wide reports that columns bring figures of items other than a bonus.
func (r *reading) wide() bool {
	for _, t := range r.value {
		if it, _ := r.s.find(t.code); it != nil && it.Kind != Bonus {
			return true
		}
	}
	return false
}

// long checks that rows for one item have a figure.
func (r *reading) long() error {
	if !r.has("x") && (!r.has("k") || !r.has("n")) {
		return fault.New(fault.Invalid, "score.no_figure_column", nil, strings.Join(r.t.Header, ", "))
	}
	return nil
}

// missing names the items for which no column was found.
func (r *reading) missing() {
	have := map[string]bool{}
	for _, t := range r.value {
		have[t.code] = true
	}
	for i := range r.s.Items {
		it := &r.s.Items[i]
		part := slices.ContainsFunc(it.Parts, func(p Part) bool { return have[p.Code] })
		if it.Kind != Fixed && it.Kind != Bonus && !have[it.Code] && !part {
			r.out.Missing = append(r.out.Missing, it.Name)
		}
	}
}

// target finds what a header of a wide table means.
func (s *Scheme) target(header string) (target, bool) {
	name := bare(header)
	for _, it := range s.Items {
		if slices.ContainsFunc(it.Of, func(x string) bool { return bare(x) == name }) {
			return target{it.Code, "k"}, true
		}
		if slices.ContainsFunc(it.Among, func(x string) bool { return bare(x) == name }) {
			return target{it.Code, "n"}, true
		}
	}
	for side, ends := range map[string][]string{"k": {"分子", "_numerator", ".numerator"}, "n": {"分母", "_denominator", ".denominator"}} {
		for _, end := range ends {
			if item, ok := strings.CutSuffix(name, end); ok && s.code(item) != "" {
				return target{s.code(item), side}, true
			}
		}
	}
	code := s.code(header)
	return target{code, "x"}, code != ""
}

// code of the item or part that people call so.
func (s *Scheme) code(name string) string {
	name = bare(name)
	is := func(code, full string, also []string) bool {
		return bare(code) == name || bare(full) == name || slices.ContainsFunc(also, func(x string) bool { return bare(x) == name })
	}
	for _, it := range s.Items {
		if it.Kind != Fixed && len(it.Parts) == 0 && is(it.Code, it.Name, it.Also) {
			return it.Code
		}
		for _, p := range it.Parts {
			if is(p.Code, p.Name, p.Also) {
				return p.Code
			}
		}
	}
	return ""
}

// NameOf is the name of an item or a part.
func (s *Scheme) NameOf(code string) string {
	it, part := s.find(code)
	switch {
	case part != nil:
		return part.Name
	case it != nil:
		return it.Name
	}
	return code
}

// Takes refuses a figure that an item or a part cannot have.
func (s *Scheme) Takes(code string, n Num) error { return s.sane(target{code, "x"}, n) }

// find is the item of a code, and the part when it is one.
func (s *Scheme) find(code string) (*Item, *Part) {
	for i := range s.Items {
		it := &s.Items[i]
		if it.Code == code {
			return it, nil
		}
		for n := range it.Parts {
			if it.Parts[n].Code == code {
				return it, &it.Parts[n]
			}
		}
	}
	return nil, nil
}
