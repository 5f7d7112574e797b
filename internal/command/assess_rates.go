package command

import (
	"context"
	"slices"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/score"
)

const rateColumns = `
列 / columns（名称可用参数另指 / other names by flags）：
  分子 numerator，分母 denominator（必需 / required）；可有 小数位 decimals，取舍 rounding，公布值 published_pct（published_…_pct）
  有 单位 unit 一列时另给各单位的比较：区间、向全组收缩后的率、件数太少者不排；按 指标 indicator、月份 month、分组 group 分别比较
  with a column for the unit the units are also compared: interval, rate shrunk toward the group, too few cases said so
  比率 = 分子 ÷ 分母 × 100，按小数位取舍；分母为 0 没有比率 / no rate where the denominator is 0`

// rating is one use of gongzhi assess rates.
type rating struct {
	*assessing
	columns  map[string]*string // by role: the header, given or found
	at       map[string]int
	decimals int
	mode     string
	least    int64
	low      bool
	bad      []score.Problem
	header   []string
}

// rateNames are the headers by which a column is known.
var rateNames = map[string][]string{
	"numerator":   {"numerator", "分子"},
	"denominator": {"denominator", "分母"},
	"decimals":    {"decimals", "小数位", "小数位数", "保留小数"},
	"rounding":    {"rounding", "rounding_mode", "mode", "取舍", "取舍方式", "修约"},
	"published":   {"published_pct", "published_rate_pct", "published", "公布值", "公布比率", "公布数"},
	"unit":        {"unit", "单位", "承办单位", "责任单位", "单位名称", "部门", "县区", "区县", "county", "district"},
	"period":      {"period", "month", "月份", "年月", "周期", "统计月"},
	"indicator":   {"indicator", "item", "指标", "指标名称", "项目"},
	"group":       {"group", "分组", "组别"},
	"category":    {},
}

// assessRates reckons the rates of a table.
func assessRates(_ context.Context, e env, args []string) error {
	w := &rating{assessing: assessFlags(e, "rates", rateColumns), columns: map[string]*string{}, at: map[string]int{}}
	for role := range rateNames {
		w.columns[role] = w.fs.String(role, "", "`column` of the "+role)
	}
	w.fs.Lookup("decimals").Usage = "`column` of the decimals, or a number for all rows (default 2)"
	w.fs.Lookup("rounding").Usage = "`column` of the rounding, or one for all rows: half_up, half_even, truncate (default half_up)"
	w.fs.Lookup("category").Usage = "`column` of the category: units are then also compared by what one expects of their mix"
	w.fs.Int64Var(&w.least, "least", 30, "fewer `cases` say too little about a unit")
	w.fs.BoolVar(&w.low, "low", false, "a small rate is the good one")
	if err := w.parse(args); err != nil {
		return err
	}
	t, bad, err := w.table(w.known())
	if err != nil {
		return err
	}
	if w.header, w.bad = t.Header, bad; len(t.Rows) == 0 {
		return w.say(w.input, fault.New(fault.Invalid, "score.cli_no_rows", nil))
	}
	if err := w.find(); err != nil {
		return w.say(w.input, err)
	}
	var rows []rateRow
	for _, row := range t.Rows {
		rows = append(rows, w.row(row))
	}
	if len(w.bad) > 0 {
		return w.refuse(w.bad)
	}
	return w.print(w.answer(rows))
}

func (w *rating) known() []string {
	var out []string
	for role, names := range rateNames {
		out = append(append(out, names...), *w.columns[role])
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// find says which column is what: those given by flags, then those known by
// their header, then the only one that looks like a published figure.
func (w *rating) find() error {
	w.decimals, w.mode = 2, string(score.HalfUp)
	index := func(name string) int {
		return slices.IndexFunc(w.header, func(h string) bool { return score.Compact(h) == score.Compact(name) })
	}
	for role, names := range rateNames {
		if name := *w.columns[role]; name != "" {
			i := index(name)
			if i < 0 && !w.constant(role, name) {
				return fault.New(fault.Invalid, "score.cli_no_column", nil, name, strings.Join(w.header, ", "))
			}
			if i >= 0 {
				w.at[role] = i
			}
			continue
		}
		for _, name := range names {
			if i := index(name); i >= 0 {
				w.at[role] = i
				break
			}
		}
	}
	w.guessPublished()
	for _, role := range []string{"numerator", "denominator"} {
		if _, ok := w.at[role]; !ok {
			return fault.New(fault.Invalid, "score.cli_which_column", nil, "--"+role, strings.Join(w.header, ", "))
		}
	}
	return nil
}

// constant takes --decimals 0 and --rounding truncate.
func (w *rating) constant(role, value string) bool {
	switch {
	case role == "decimals" && len(value) == 1 && value >= "0" && value <= "6":
		w.decimals = int(value[0] - '0')
	case role == "rounding" && slices.Contains(score.Modes, score.Mode(value)):
		w.mode = value
	default:
		return false
	}
	return true
}

func (w *rating) guessPublished() {
	if _, ok := w.at["published"]; ok {
		return
	}
	var found []int
	for i, h := range w.header {
		if h = score.Compact(h); strings.HasPrefix(h, "published_") && (strings.HasSuffix(h, "_pct") || strings.HasSuffix(h, "_rate")) {
			found = append(found, i)
		}
	}
	if len(found) == 1 {
		w.at["published"] = found[0]
	}
}

// rateRow is one row of the answer.
type rateRow struct {
	Row         int               `json:"row"`
	Unit        string            `json:"unit,omitempty"`
	Period      string            `json:"period,omitempty"`
	Indicator   string            `json:"indicator,omitempty"`
	Group       string            `json:"group,omitempty"`
	Category    string            `json:"category,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Numerator   score.Num         `json:"numerator"`
	Denominator score.Num         `json:"denominator"`
	Decimals    int               `json:"decimals"`
	Rounding    score.Mode        `json:"rounding"`
	Rate        *score.Num        `json:"rate"` // null: nothing to count, so no rate
	Text        string            `json:"text"`
	Interval    *score.Interval   `json:"interval"`
	Published   *score.Num        `json:"published,omitempty"`
	Matches     *bool             `json:"matches,omitempty"`
	MatchingBy  []score.Mode      `json:"matching_by,omitempty"` // the modes that give the published figure
	Note        string            `json:"note,omitempty"`
}

func (w *rating) cell(row score.TableRow, role string) string {
	i, ok := w.at[role]
	if !ok || i >= len(row.Cells) {
		return ""
	}
	return strings.TrimSpace(row.Cells[i])
}

func (w *rating) problem(row score.TableRow, role string, err error) {
	w.bad = append(w.bad, score.Problem{Row: row.Number, Column: w.header[w.at[role]], Value: w.cell(row, role), Err: err})
}

func (w *rating) number(row score.TableRow, role string) score.Num {
	n, err := score.ParseNum(w.cell(row, role))
	if err == nil && n.Sign() < 0 {
		err = fault.New(fault.Invalid, "score.below_zero", nil, n.String())
	}
	if err != nil {
		w.problem(row, role, err)
	}
	return n
}

func (w *rating) row(row score.TableRow) rateRow {
	r := rateRow{Row: row.Number, Unit: w.cell(row, "unit"), Period: w.cell(row, "period"), Indicator: w.cell(row, "indicator"), Group: w.cell(row, "group"),
		Category: w.cell(row, "category"), Labels: w.labels(row), Numerator: w.number(row, "numerator"), Denominator: w.number(row, "denominator")}
	rule := w.rule(row)
	r.Decimals, r.Rounding = rule.Decimals, rule.Mode
	if rate, ok := score.Percent(r.Numerator, r.Denominator, rule); ok {
		r.Rate, r.Text = &rate, rule.Text(rate)+"%"
	} else {
		r.Note = w.t("score.no_rate")
	}
	if i, ok := score.Wilson(r.Numerator, r.Denominator); ok {
		r.Interval = &i
	} else if r.Rate != nil {
		r.Note = w.t("score.no_interval")
	}
	if r.Rate != nil && r.Numerator.Cmp(r.Denominator) > 0 {
		r.Note = w.t("score.more_than_all", r.Indicator, r.Numerator.String(), r.Denominator.String())
	}
	w.published(row, &r)
	return r
}

// rule is how the rate of a row is rounded.
func (w *rating) rule(row score.TableRow) score.Rounding {
	r := score.Rounding{Decimals: w.decimals, Mode: score.Mode(w.mode)}
	if text := w.cell(row, "decimals"); text != "" {
		n, err := score.ParseNum(text)
		whole, ok := n.Whole()
		if err != nil || !ok || whole < 0 || whole > 6 {
			w.problem(row, "decimals", fault.New(fault.Invalid, "score.rounding_unknown", nil))
			return r
		}
		r.Decimals = int(whole)
	}
	if text := w.cell(row, "rounding"); text != "" {
		mode, ok := modeOf(text)
		if !ok {
			w.problem(row, "rounding", fault.New(fault.Invalid, "score.rounding_unknown", nil))
		}
		r.Mode = mode
	}
	return r
}

// modeOf knows the modes by their names in both languages.
func modeOf(s string) (score.Mode, bool) {
	names := map[score.Mode][]string{score.HalfUp: {"half_up", "halfup", "四舍五入"}, score.HalfEven: {"half_even", "halfeven", "四舍六入五成双", "五成双", "银行家舍入"},
		score.Truncate: {"truncate", "trunc", "down", "截尾", "截断", "去尾"}}
	for m, list := range names {
		if slices.Contains(list, strings.ReplaceAll(score.Compact(s), "-", "_")) {
			return m, true
		}
	}
	return score.HalfUp, false
}

func (w *rating) published(row score.TableRow, r *rateRow) {
	text := w.cell(row, "published")
	if text == "" {
		return
	}
	n, err := score.ParsePercent(text)
	if err != nil {
		w.problem(row, "published", err)
		return
	}
	same := r.Rate != nil && r.Rate.Cmp(n) == 0
	r.Published, r.Matches = &n, &same
	if r.MatchingBy = score.Matching(r.Numerator, r.Denominator, r.Decimals, n); !same && len(r.MatchingBy) > 0 {
		r.Note = w.t("score.other_mode", w.t("score.mode_"+string(r.MatchingBy[0])))
	}
}

// labels are the columns that mean nothing to the program.
func (w *rating) labels(row score.TableRow) map[string]string {
	out := map[string]string{}
	for i, h := range w.header {
		used := false
		for _, at := range w.at {
			used = used || at == i
		}
		if !used && h != "" && i < len(row.Cells) && strings.TrimSpace(row.Cells[i]) != "" {
			out[h] = strings.TrimSpace(row.Cells[i])
		}
	}
	return out
}

type ratesAnswer struct {
	File       string      `json:"file"`
	Columns    any         `json:"columns"` // which column was taken for what
	Rows       []rateRow   `json:"rows"`
	Published  int         `json:"published"`
	Reproduced int         `json:"reproduced"`
	Fields     []rateField `json:"fields,omitempty"` // units compared
}

func (w *rating) answer(rows []rateRow) ratesAnswer {
	columns := map[string]string{}
	for role, i := range w.at {
		columns[role] = w.header[i]
	}
	out := ratesAnswer{File: w.input, Columns: columns, Rows: rows, Fields: w.fields(rows)}
	for _, r := range rows {
		if r.Matches != nil {
			out.Published++
			if *r.Matches {
				out.Reproduced++
			}
		}
	}
	return out
}
