// Package reply reads an answer beside what was asked, and says what a careful
// reader would say before it is sent: a demand that nothing speaks to, work
// promised without a date, a rule that is not named, a gap left unfilled, data
// of a person. It judges words, never the writer, and forbids nothing. It needs
// no service outside and no database, and it reads an answer in about a
// millisecond.
package reply

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what a finding is about. Its name is part of the keys of its words.
type Kind string

// The kinds, in the order in which they are shown.
const (
	Empty      Kind = "empty"      // receipt, thanks, 已转办: nothing of the matter itself
	Unfilled   Kind = "unfilled"   // a gap of a template: XX, ____, 【 】, {姓名}
	Personal   Kind = "personal"   // what names a person or leads to his door
	Addressed  Kind = "addressed"  // a salutation of somebody else
	Copied     Kind = "copied"     // the resident's own words handed back
	Unanswered Kind = "unanswered" // a question that the answer does not speak to
	Untouched  Kind = "untouched"  // a wish of which nothing stands in the answer
	Undated    Kind = "undated"    // work promised without a date
	Unsourced  Kind = "unsourced"  // decided by a rule that is not named
	Unheard    Kind = "unheard"    // nobody has spoken with the resident
)

// Kinds lists them all.
var Kinds = []Kind{Empty, Unfilled, Personal, Addressed, Copied, Unanswered, Untouched, Undated, Unsourced, Unheard}

// How loudly a finding is said.
const (
	Warn = "warn" // before sending the writer is asked to look again
	Hint = "hint" // shown, nothing is asked
	Off  = "off"
)

// Rule is what a city may change about one kind.
type Rule struct {
	Kind  Kind     `json:"kind"`
	Level string   `json:"level"`
	Words []string `json:"words"`
	Off   []string `json:"off"`   // near them the words do not count
	Least int      `json:"least"` // the kind's threshold
}

// Case is an answer with what it answers.
type Case struct {
	Request   []string // title and words of the resident, answers to questions
	Answer    string
	Contact   Fact     // somebody has spoken with the resident
	Promised  bool     // the unit says that not all is done yet
	Addressee string   // the resident's name, or what of it may be known: 李**
	Own       []string // what belongs to him, in the clear
	Masks     []string // the same as far as it may be known: 李**, 138****5521
}

// Fact is a thing that may be unknown.
type Fact int

// What is known of a fact.
const (
	Unknown Fact = iota
	No
	Yes
)

// Where the passage of a finding stands.
const (
	InAnswer  = "answer"
	InRequest = "request"
)

// Finding is one thing to look at again.
type Finding struct {
	Kind    Kind   `json:"kind"`
	Level   string `json:"level"`
	In      string `json:"in"`      // "" when it is about no passage
	Passage string `json:"passage"` // the words themselves
	About   string `json:"about"`   // what sort of it: when, reason, mobile, home …; "" none
}

// Report is what was looked at and what was found.
type Report struct {
	Looked   []Kind    `json:"looked"`
	Demands  int       `json:"demands"` // found in the request
	Findings []Finding `json:"findings"`
}

// Warns reports whether the writer is asked to look again.
func (r Report) Warns() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Warn })
}

// Checker reads answers by the rules of one city. It is safe for many goroutines.
type Checker struct{ rules map[Kind]Rule }

// New is a checker by the given rules; for kinds they do not name the default
// holds.
func New(rules []Rule) *Checker {
	c := &Checker{rules: map[Kind]Rule{}}
	for _, r := range append(Default(), rules...) {
		c.rules[r.Kind] = r
	}
	return c
}

// reading is one answer while it is read.
type reading struct {
	Case
	body  string // the answer, blanks evened out
	parts []sentence
	out   []Finding
	n     int // demands
}

var looks = map[Kind]func(*reading, Rule){
	Empty: lookEmpty, Unfilled: lookUnfilled, Personal: lookPersonal, Addressed: lookAddressed, Copied: lookCopied,
	Unanswered: lookUnanswered, Untouched: lookUntouched, Undated: lookUndated, Unsourced: lookUnsourced, Unheard: lookUnheard,
}

// Read reads one answer. An answer that says nothing of the matter has one
// finding of that, and none for all that is missing in it.
func (c *Checker) Read(x Case) Report {
	r := &reading{Case: x, body: even(x.Answer)}
	r.parts = sentences(r.body)
	var out Report
	for _, k := range Kinds {
		rule := c.rules[k]
		if rule.Level == Off || k == Unheard && x.Contact == Unknown {
			continue
		}
		out.Looked = append(out.Looked, k)
		if r.hollow() && slices.Contains([]Kind{Copied, Unanswered, Untouched, Undated, Unsourced}, k) {
			continue
		}
		from := len(r.out)
		looks[k](r, rule)
		for i := from; i < len(r.out); i++ {
			r.out[i].Kind, r.out[i].Level = k, rule.Level
		}
	}
	out.Demands, out.Findings = r.n, r.out
	slices.SortStableFunc(out.Findings, func(a, b Finding) int { return cmp.Compare(loud(b.Level), loud(a.Level)) })
	return out
}

func loud(level string) int {
	if level == Warn {
		return 1
	}
	return 0
}

func (r *reading) hollow() bool {
	return slices.ContainsFunc(r.out, func(f Finding) bool { return f.Kind == Empty })
}

// found notes a passage of the answer.
func (r *reading) found(passage, about string) {
	r.out = append(r.out, Finding{In: InAnswer, Passage: short(passage), About: about})
}

// passageMax keeps a passage readable beside its sentence.
const passageMax = 80

func short(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > passageMax {
		return string(r[:passageMax]) + "…"
	}
	return s
}

func lookUnheard(r *reading, _ Rule) {
	if r.Contact == No {
		r.out = append(r.out, Finding{})
	}
}
