package setup

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"gongzhi/internal/actor"
	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/request/show"
	"gongzhi/internal/sheet"
)

// sort is what belongs into a column.
type sort int

const (
	line        sort = iota // one line of text
	text                    // several lines
	code                    // letters and digits without blanks
	truth                   // 是 or 否
	count                   // a whole number
	degree                  // a coordinate
	choice                  // one of options
	many                    // any of options
	words                   // names separated by 、
	day                     // a date
	limit                   // 5个工作日
	unit                    // a unit
	lead                    // a unit, or whoever serves the territory
	category                // an entry of the category tree
	anyCategory             // the same, or all
	area                    // a district, street, community or grid
	scope                   // what sort of place
)

// column is one question about an entry: a field of its form and a column of
// its table.
type column struct {
	name     string
	sort     sort
	required bool
	max      int      // characters
	options  []string // of a choice
	labels   string   // prefix of the keys of the options' words
	blank    string   // what an empty new entry holds
	list     bool     // shown in the list
	row      string   // columns of one row stand side by side in the form
	lo, hi   int64    // of a count
}

// reader reads what people typed into a column; key names what is wrong.
type reader func(c *column, s string, w *world) (value, key string, args []any)

var readers = map[sort]reader{
	line: readText, text: readText, code: readCode, truth: readTruth, count: readCount, degree: readDegree, choice: readChoice, many: readMany,
	words: readWords, day: readDay, limit: readLimit, unit: readUnit, lead: readLead, category: readCategory, anyCategory: readCategory, area: readArea,
	scope: readScope,
}

// read brings a typed value into the form in which it is kept.
func (c *column) read(s string, w *world) (value, key string, args []any) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if s == "" {
		if c.required {
			return "", "sheet.required", nil
		}
		return c.empty(), "", nil
	}
	value, key, args = readers[c.sort](c, s, w)
	if n := len([]rune(value)); key == "" && c.max > 0 && n > c.max {
		return value, "sheet.too_long", []any{n, c.max}
	}
	return value, key, args
}

// empty is what an empty cell means: nothing, or zero for a number.
func (c *column) empty() string {
	if c.sort == count {
		return "0"
	}
	return ""
}

func readText(c *column, s string, _ *world) (string, string, []any) {
	if c.sort == line && strings.Contains(s, "\n") {
		return strings.Join(strings.Fields(s), " "), "", nil
	}
	return s, "", nil
}

var codes = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.:-]*$`)

func readCode(_ *column, s string, _ *world) (string, string, []any) {
	s = norm.NFKC.String(s)
	if !codes.MatchString(s) {
		return s, "setup.code_wrong", []any{s}
	}
	return s, "", nil
}

// Words for yes and no as tables have them.
var truths = map[string]string{"是": "1", "1": "1", "true": "1", "yes": "1", "y": "1", "√": "1", "启用": "1", "on": "1",
	"否": "", "0": "", "false": "", "no": "", "n": "", "×": "", "停用": ""}

func readTruth(_ *column, s string, _ *world) (string, string, []any) {
	v, ok := truths[strings.ToLower(width.Narrow.String(s))]
	if !ok {
		return "", "setup.truth_wrong", []any{s}
	}
	return v, "", nil
}

func readCount(c *column, s string, _ *world) (string, string, []any) {
	n, err := strconv.ParseInt(strings.ReplaceAll(width.Narrow.String(s), ",", ""), 10, 64)
	switch {
	case err != nil:
		return s, "sheet.number_unknown", []any{s}
	case n < c.lo:
		return s, "sheet.number_small", []any{s, c.lo}
	case c.hi > 0 && n > c.hi:
		return s, "sheet.number_large", []any{s, c.hi}
	}
	return number(n), "", nil
}

func readDegree(c *column, s string, _ *world) (string, string, []any) {
	f, err := strconv.ParseFloat(width.Narrow.String(s), 64)
	if err != nil {
		return s, "sheet.number_unknown", []any{s}
	}
	if f < float64(c.lo) || f > float64(c.hi) {
		return s, "setup.degree_range", []any{s, c.lo, c.hi}
	}
	return degrees(f), "", nil
}

// option is the code of a choice by code or word, in either language.
func (c *column) option(s string) (string, bool) {
	for _, o := range c.options {
		if s == o || s == c.label(locale.ZH, o) || strings.EqualFold(s, c.label(locale.EN, o)) {
			return o, true
		}
	}
	return "", false
}

func (c *column) label(lang locale.Lang, option string) string {
	return locale.T(lang, c.labels+option)
}

func (c *column) choices() string {
	out := make([]string, len(c.options))
	for i, o := range c.options {
		out[i] = c.label(locale.ZH, o)
	}
	return strings.Join(out, "、")
}

func readChoice(c *column, s string, _ *world) (string, string, []any) {
	if o, ok := c.option(s); ok {
		return o, "", nil
	}
	return s, "sheet.not_in_list", []any{s, c.choices()}
}

// apart cuts a list at the separators people use.
func apart(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、，,;；\n", r) })
}

func readMany(c *column, s string, _ *world) (string, string, []any) {
	chosen := map[string]bool{}
	for _, part := range apart(s) {
		o, ok := c.option(strings.TrimSpace(part))
		if !ok {
			return s, "sheet.not_in_list", []any{part, c.choices()}
		}
		chosen[o] = true
	}
	var out []string
	for _, o := range c.options {
		if chosen[o] {
			out = append(out, o)
		}
	}
	return strings.Join(out, "、"), "", nil
}

func readWords(_ *column, s string, _ *world) (string, string, []any) {
	parts := apart(s)
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return strings.Join(parts, "、"), "", nil
}

func readDay(_ *column, s string, w *world) (string, string, []any) {
	t, err := sheet.Time(s, w.zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return s, "setup.day_wrong", []any{s}
	}
	return t.Format("2006-01-02"), "", nil
}

var (
	limits     = regexp.MustCompile(`^(\d{1,5})\s*个?\s*([\p{L} ]+)$`)
	limitUnits = map[string]string{"工作日": "wd", "wd": "wd", "working day": "wd", "working days": "wd",
		"自然日": "cd", "日": "cd", "天": "cd", "cd": "cd", "calendar day": "cd", "calendar days": "cd", "day": "cd", "days": "cd",
		"小时": "h", "h": "h", "hour": "h", "hours": "h", "分钟": "min", "分": "min", "min": "min", "minute": "min", "minutes": "min",
		"秒": "s", "s": "s", "second": "s", "seconds": "s", "月": "mo", "mo": "mo", "month": "mo", "months": "mo",
		"工作小时": "wh", "工作时": "wh", "wh": "wh", "duty hour": "wh", "duty hours": "wh"}
	limitRolls = regexp.MustCompile(`\s*(\+|[（(](遇休息日顺延|over rest days to the next working day)[)）])$`)
)

func readLimit(_ *column, s string, _ *world) (string, string, []any) {
	plain := limitRolls.ReplaceAllString(s, "")
	for _, lang := range []locale.Lang{locale.ZH, locale.EN} {
		if strings.EqualFold(plain, locale.T(lang, "calendar.limit_today")) {
			plain = "0cd"
		}
	}
	m := limits.FindStringSubmatch(strings.ToLower(width.Narrow.String(plain)))
	if m == nil || limitUnits[m[2]] == "" {
		return s, "setup.limit_wrong", []any{s}
	}
	l := calendar.Limit{N: int(whole(m[1])), Unit: limitUnits[m[2]], Roll: plain != s && limitRolls.MatchString(s)}
	if !l.Valid() {
		return s, "setup.limit_wrong", []any{s}
	}
	return l.String(), "", nil
}

// limitOf is a limit as rules hold it, none where there is none.
func limitOf(s string) calendar.Limit {
	l, _ := calendar.ParseLimit(s)
	return l
}

// limitText is the inverse of limitOf.
func limitText(l calendar.Limit) string {
	if l.Unit == "" || l.N == 0 && l.Clock() {
		return ""
	}
	return l.String()
}

// limitWords is a limit as people write it: 5个工作日.
func limitWords(lang locale.Lang, s string) string { return show.Limit(lang, limitOf(s)) }

// The sorts of places in the duty list.
var scopes = []string{"estate", "street"}

func readScope(_ *column, s string, _ *world) (string, string, []any) {
	for _, v := range scopes {
		if s == v || s == locale.T(locale.ZH, "setup.scope_"+v) || strings.EqualFold(s, locale.T(locale.EN, "setup.scope_"+v)) {
			return v, "", nil
		}
	}
	s = strings.Replace(s, "：", ":", 1)
	for _, word := range []string{"facility", locale.T(locale.ZH, "setup.scope_facility")} {
		if kind, ok := strings.CutPrefix(s, word+":"); ok && codes.MatchString(kind) {
			return "facility:" + kind, "", nil
		}
	}
	return s, "setup.scope_wrong", []any{s}
}

func roles(s string) []actor.Role {
	var out []actor.Role
	for _, r := range apart(s) {
		out = append(out, actor.Role(r))
	}
	return out
}

// wrong makes a column's fault the fault of a form's field.
func wrong(fields *fault.Fields) problem {
	return func(column, key string, args ...any) { fields.Add(column, key, args...) }
}
