package score

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"gongzhi/internal/fault"
)

// Scheme is a rule by which units are scored, as data. A month is scored by the
// scheme whose validity holds it.
type Scheme struct {
	Code    string            `json:"code"`
	Name    string            `json:"name"`
	Source  string            `json:"source"` // where the rule is published
	From    string            `json:"from,omitempty"`
	To      string            `json:"to,omitempty"`      // first and last month, 2021-07; empty: open
	Notes   []string          `json:"notes,omitempty"`   // what is not known, and what was inferred
	Order   string            `json:"order,omitempty"`   // "high" (default) or "low": which total is the best
	Least   int64             `json:"least,omitempty"`   // below so many orders a unit is not ranked
	Absent  string            `json:"absent,omitempty"`  // an item that the figures do not name: "full" costs nothing, "apart" (default) leaves the unit without a total
	Choices map[string]string `json:"choices,omitempty"` // what the city decides about its rates; whoever fills them knows the names
	Total   Total             `json:"total"`
	Groups  []Group           `json:"groups,omitempty"`
	Items   []Item            `json:"items"`
	Grades  []Grade           `json:"grades,omitempty"`
}

// Total says how the points become one figure: base − lost + bonus.
type Total struct {
	Base  *Num      `json:"base,omitempty"` // without groups; default: the sum of all full marks
	Round *Rounding `json:"round,omitempty"`
	Floor *Num      `json:"floor,omitempty"`
	Cap   *Num      `json:"cap,omitempty"`
}

// Group are units that are ranked among themselves.
type Group struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Full  Num      `json:"full"`            // the base of its totals
	Units []string `json:"units,omitempty"` // by name; a group column in the figures comes first
	Rest  bool     `json:"rest,omitempty"`  // takes the units that no other group names
}

// The sorts of item.
const (
	Slope  = "slope"  // full at the line, less by slope for each point beyond it, not below floor
	Line   = "line"   // full when the line is reached, else floor
	Linear = "linear" // full × rate
	Tally  = "count"  // full − each × count, not below floor
	Parts  = "parts"  // full − what its parts cost, not below floor
	Steps  = "steps"  // points by the step that the figure reaches
	Mean   = "mean"   // the mean of several given figures
	Levels = "levels" // the mean of levels, weighted by how often each was given
	Fixed  = "fixed"  // always full
	Given  = "given"  // the points come with the figures
	Bonus  = "bonus"  // added: given points, or each × count, at most cap
)

// Kinds are all sorts of item.
var Kinds = []string{Slope, Line, Linear, Tally, Parts, Steps, Mean, Levels, Fixed, Given, Bonus}

// Item is one line of a scheme.
type Item struct {
	Code   string    `json:"code"`
	Name   string    `json:"name"`
	Also   []string  `json:"also,omitempty"`      // other names under which figures bring it
	Of     []string  `json:"numerator,omitempty"` // names of the two counts behind it
	Among  []string  `json:"denominator,omitempty"`
	In     []string  `json:"in,omitempty"` // groups it is for; none: all
	Kind   string    `json:"kind"`
	Full   Num       `json:"full"`
	Line   *Num      `json:"line,omitempty"`
	Slope  *Num      `json:"slope,omitempty"`
	Floor  *Num      `json:"floor,omitempty"`
	Cap    *Num      `json:"cap,omitempty"`
	Each   *Num      `json:"each,omitempty"`
	Low    bool      `json:"low,omitempty"`    // a small figure is the good one
	Input  *Rounding `json:"input,omitempty"`  // the figure is rounded so before it is used, as it is published
	Points *Rounding `json:"points,omitempty"` // the points are rounded so before they are added
	Parts  []Part    `json:"parts,omitempty"`
	Steps  []Step    `json:"steps,omitempty"`
	// None says what happens when there is nothing to count: "full" costs
	// nothing, "apart" (default) lists the unit apart, without a total.
	None  string         `json:"none,omitempty"`
	Known map[string]Num `json:"known,omitempty"` // a bonus that is known for a month although the figures do not bring it
	Rate  string         `json:"rate,omitempty"`  // the rate of the program that fills it
	Note  string         `json:"note,omitempty"`
}

// Part is one cause for losing points of an item of parts: a count (each), or a
// rate with line and slope. In an item of levels it is a level and Each what
// it is worth; in one of a mean only its name counts.
type Part struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Also  []string `json:"also,omitempty"`
	Each  *Num     `json:"each,omitempty"`
	Line  *Num     `json:"line,omitempty"`
	Slope *Num     `json:"slope,omitempty"`
	Rate  string   `json:"rate,omitempty"`
}

// Step gives points from a figure on. The highest step that is reached counts.
type Step struct {
	From   *Num `json:"from,omitempty"` // none: from everywhere
	Points Num  `json:"points"`
}

// Grade names totals from an edge on. The edge belongs to the higher grade, so
// nothing lies between two of them: 89.5 is below 90.
type Grade struct {
	Name string `json:"name"`
	From *Num   `json:"from,omitempty"` // none: the lowest
}

// maxScheme is how large a scheme may be as text.
const maxScheme = 1 << 20

// Read reads a scheme and checks it. What is wrong is said with the place where
// it stands.
func Read(r io.Reader) (*Scheme, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxScheme+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxScheme {
		return nil, fault.New(fault.Invalid, "score.scheme_long", nil)
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	d.DisallowUnknownFields()
	var s Scheme
	if err := d.Decode(&s); err != nil {
		return nil, jsonFault(raw, d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "score.scheme_more", nil, lineOf(raw, d.InputOffset()))
	}
	return &s, s.Check()
}

// jsonFault says in which line a scheme cannot be read.
func jsonFault(raw []byte, at int64, err error) error {
	if key, args := fault.KeyOf(err); key != "" {
		written, _ := args[0].(string)
		return fault.New(fault.Invalid, "score.scheme_number", err, lineOf(raw, int64(bytes.Index(raw, []byte(written)))), written)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fault.New(fault.Invalid, "score.scheme_type", err, lineOf(raw, kind.Offset), kind.Field)
	}
	if _, name, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
		return fault.New(fault.Invalid, "score.scheme_field", err, lineOf(raw, int64(bytes.Index(raw, []byte(name)))), name)
	}
	return fault.New(fault.Invalid, "score.scheme_json", err, lineOf(raw, at), err.Error())
}

func lineOf(raw []byte, at int64) int {
	return 1 + bytes.Count(raw[:max(0, min(at, int64(len(raw))))], []byte("\n"))
}

// group of a code or a name, nil when there is none.
func (s *Scheme) group(name string) *Group {
	i := slices.IndexFunc(s.Groups, func(g Group) bool { return same(g.Code, name) || same(g.Name, name) })
	if i < 0 {
		return nil
	}
	return &s.Groups[i]
}

// items of a group.
func (s *Scheme) items(g *Group) []*Item {
	var out []*Item
	for i := range s.Items {
		if it := &s.Items[i]; len(it.In) == 0 || g != nil && slices.Contains(it.In, g.Code) {
			out = append(out, it)
		}
	}
	return out
}

// base is what the totals of a group start from.
func (s *Scheme) base(g *Group) Num {
	if g != nil {
		return g.Full
	}
	if s.Total.Base != nil {
		return *s.Total.Base
	}
	var sum Num
	for _, it := range s.items(nil) {
		sum = sum.plus(it.Full)
	}
	return sum
}

// Holds reports whether the scheme is in force in a month, 2021-07. A period
// that is no month is not judged.
func (s *Scheme) Holds(month string) bool {
	if !isMonth(month) {
		return true
	}
	return month >= s.From && (s.To == "" || month <= s.To)
}

func isMonth(s string) bool {
	if len(s) != 7 || s[4] != '-' || s[5:] < "01" || s[5:] > "12" {
		return false
	}
	for _, c := range s[:4] + s[5:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// Month makes 2021年7月, 2021/7, 202107 and 2021-07-01 one: 2021-07. What is no
// month is left as it is.
func Month(s string) string {
	text := strings.Trim(strings.NewReplacer("年", "-", "月", "-", "/", "-", ".", "-", "日", "").Replace(Compact(s)), "-")
	if len(text) == 6 && !strings.Contains(text, "-") {
		text = text[:4] + "-" + text[4:]
	}
	parts := strings.Split(text, "-")
	if len(parts) < 2 || len(parts) > 3 {
		return s
	}
	if len(parts[1]) == 1 {
		parts[1] = "0" + parts[1]
	}
	if m := parts[0] + "-" + parts[1]; isMonth(m) {
		return m
	}
	return s
}

// Grade of a total, "" without grades.
func (s *Scheme) Grade(total Num) string {
	for _, g := range s.Grades {
		if g.From == nil || total.Cmp(*g.From) >= 0 {
			return g.Name
		}
	}
	return ""
}
