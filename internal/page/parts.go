package page

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gongzhi/internal/fault"
	"gongzhi/internal/locale"
	"gongzhi/internal/qr"

	"github.com/a-h/templ"
)

// Field is one question of a form. Name is required; the control's id is "f-"+Name, which an error summary links to.
type Field struct {
	Name, Label, Value string
	Hint, Error        string
	Type               string // of the input: text when empty
	Placeholder        string
	Autocomplete       string
	Inputmode          string
	Max                int    // characters; a text area counts them down
	Key                string // key combination that puts the cursor here, on a desk
	Class              string // more classes of the control: code, w-s, w-m
	Required, Optional bool   // Optional writes 选填 behind the label
	HideLabel          bool   // the label is read out but not seen
	Attrs              templ.Attributes
}

func (f Field) id() string { return "f-" + f.Name }

// describedBy names the hint and the error of the field for screen readers.
func (f Field) describedBy() string {
	switch {
	case f.Hint != "" && f.Error != "":
		return "h-" + f.Name + " e-" + f.Name
	case f.Hint != "":
		return "h-" + f.Name
	case f.Error != "":
		return "e-" + f.Name
	}
	return ""
}

// attrs are the attributes all controls share; empty ones are left out.
func (f Field) attrs() templ.Attributes {
	a := templ.Attributes{"id": f.id(), "name": f.Name}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("aria-describedby", f.describedBy())
	set("placeholder", f.Placeholder)
	set("autocomplete", f.Autocomplete)
	set("inputmode", f.Inputmode)
	set("data-key", f.Key)
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.Required {
		a["required"] = true
	}
	if f.Max > 0 {
		a["maxlength"] = strconv.Itoa(f.Max)
	}
	for k, v := range f.Attrs {
		a[k] = v
	}
	return a
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Option is one answer of a Select, Radios or Checkboxes.
type Option struct {
	Value, Label string
	Hint         string
	Group        string // consecutive options of one group stand under its name in a Select
	Selected     bool
	Key          string // key combination that chooses it
}

// groups cuts options into runs of the same group.
func groups(options []Option) [][]Option {
	var runs [][]Option
	for i, o := range options {
		if i == 0 || o.Group != options[i-1].Group {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], o)
	}
	return runs
}

// Problem is what is wrong with one field, in a sentence that says how to mend it.
type Problem struct{ Name, Text string }

// Problems is the list an error summary shows.
type Problems []Problem

// Problems are the sentences of err for a form: one for each wrong field, or a single one for an error of another
// kind that has a sentence. An error without one is not for people and gives none.
func (b Base) Problems(err error) Problems {
	var fields fault.Fields
	if errors.As(err, &fields) {
		list := make(Problems, 0, len(fields))
		for _, f := range fields {
			list = append(list, Problem{f.Name, b.T(f.Key, f.Args...)})
		}
		return list
	}
	if key, args := fault.KeyOf(err); key != "" {
		return Problems{{"", b.T(key, args...)}}
	}
	return nil
}

// Of is the sentence for one field, empty when it is right.
func (p Problems) Of(name string) string {
	for _, one := range p {
		if one.Name == name {
			return one.Text
		}
	}
	return ""
}

// Entry is one line of a ledger (履历).
type Entry struct {
	At           string // as shown: 11/27 09:12
	Machine      string // as machines read it, for the datetime attribute
	Title        string
	Text         string
	Who          string
	Kind         string // "" ordinary, "key", "bad"
	Inside       bool   // internal record, not shown to residents
	InsideWord   string // the word that says so
	Photos       []Photo
	Told         []Told
	Link, LinkTo string
}

// Told is who was told of a line, by which channel, and whether it reached him.
type Told struct {
	Kind, Word, At, Why string
	N                   int // of people
}

// Photo is one picture with what it shows. URL opens the full picture.
type Photo struct{ URL, Thumb, Alt, Caption string }

// Pair is one row of a KV list; Content wins over Text.
type Pair struct {
	Term, Text string
	Content    templ.Component
}

// Segment is one tab of a filter with its count; a negative count is not shown.
type Segment struct {
	Label, Path string
	Count       int
	Current     bool
}

// Figure is one number that never stands alone: Note holds its n, interval or comparison, Path the list behind it.
type Figure struct {
	Label, Value, Unit, Note, Path string
	Bad                            bool
}

// PageLinks are the addresses of the neighbouring pages of a keyset list; an empty one is not offered.
type PageLinks struct{ Prev, Next string }

func count(n int) string { return locale.Count(n) }

func percent(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + "%" }

func coord(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// noteClass and stClass pass only words that the style sheet knows.
func noteClass(kind string) string { return oneOf(kind, "warn", "bad", "good") }

func stClass(kind string) string {
	return oneOf(kind, "new", "due", "late", "done", "info", "wait")
}

func (b Base) here() string {
	u := b.URL(b.Path)
	if b.Query != "" {
		u += "?" + b.Query
	}
	return u
}

// other is the value a switch sets: the mode when it is off, nothing when it is on.
func other(current, mode string) string {
	if current == mode {
		return ""
	}
	return mode
}

func modeKey(b Base, mode string) string {
	if b.mode() == mode {
		return "page.standard_mode"
	}
	return "page." + mode + "_mode"
}

func themeKey(b Base) string {
	if b.theme() == "dark" {
		return "page.light_theme"
	}
	return "page.dark_theme"
}

// groupDigits cuts a number or code into groups that do not break: 2611 2300 4718.
func groupDigits(code string, size int) []string {
	var parts []string
	for len(code) > size {
		parts, code = append(parts, code[:size]), code[size:]
	}
	return append(parts, code)
}

func stepClass(i, n int) string {
	if i <= n {
		return "on"
	}
	return ""
}

func fieldID(name string) string { return fmt.Sprintf("#f-%s", name) }

// Column is one heading of a Table. Path sorts by it; Sorted is "", "ascending" or "descending".
type Column struct {
	Label, Path, Sorted string
	Number              bool
}

func thumb(p Photo) string {
	if p.Thumb != "" {
		return p.Thumb
	}
	return p.URL
}

// keyCaps writes a combination as it stands on the keys: Ctrl+Enter is Ctrl ↵.
func keyCaps(keys string) string {
	return strings.NewReplacer("+", " ", "Enter", "↵", "Escape", "Esc").Replace(keys)
}

// areaAttrs leaves out maxlength: cutting off what someone types loses words, a count and an error keep them.
func areaAttrs(f Field) templ.Attributes {
	a := f.attrs()
	if f.Max > 0 {
		delete(a, "maxlength")
		a["data-max"] = strconv.Itoa(f.Max)
	}
	return a
}

func (c Chart) anchor(i int) string {
	switch {
	case c.Bars:
		return "middle"
	case i == 0:
		return "start"
	case i == len(c.Values)-1:
		return "end"
	}
	return "middle"
}

type qrDrawing struct{ path, box string }

func drawQR(text string) qrDrawing {
	path, size, err := qr.SVGPath(text)
	if err != nil {
		return qrDrawing{}
	}
	side := strconv.Itoa(size)
	return qrDrawing{path, "0 0 " + side + " " + side}
}

// Choosable is what Choice shows. Reason alternates plain and marked words, so that the words of the caller which led
// to the suggestion can be seen.
type Choosable struct {
	Name, Value, Label string
	Right, Key         string
	Reason             []string
	Checked            bool
}

// largeKey and largeOther are the switch between the two sizes of the elder mode.
func largeKey(b Base) string {
	if b.Large {
		return "page.size_usual"
	}
	return "page.size_large"
}

func largeOther(b Base) string {
	if b.Large {
		return ""
	}
	return "large"
}
