package catalog

import (
	"cmp"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/calendar"
	"gongzhi/internal/fault"
	"gongzhi/internal/sqldb"
)

// Stages of a request that have limits of their own.
var LimitStages = []string{"pickup", "intake", "accept", "contact", "first", "feedback", "handle", "complex", "assist", "return", "return_ruling", "extension", "extension_ruling",
	"review", "callback", "redo", "reminder", "notice", "correct", "consult", "publish", "review_ask", "review_answer", "recheck_ask", "recheck_answer"}

// LimitStarts are the moments from which a limit counts.
var LimitStarts = []string{"receipt", "dispatch", "accept", "answer", "ask", "due", "reminder", "contact", "event"}

// LimitRule is one rule of a city about time: for which requests, at which
// stage, from when, how long, and by what right. It holds for what starts while
// it is valid; a later rule does not rewrite it.
type LimitRule struct {
	Code      string
	Profile   string // the template that it came from
	Stage     string
	Types     []string // none: all
	Category  string   // and what is below it; "" all
	Urgency   string   // "" all
	Applies   string   // in words
	Limit     calendar.Limit
	Starts    string
	Statutory bool // 法定: goes before a shorter limit of the city, and is told to the resident
	Source    string
	Note      string
	From      string // first day of validity, "" always
	Until     string // last day, "" still
	Active    bool
	Rev       int64
	Sort      int64
}

const limitColumns = `code, profile, stage, types, category, urgency, applies, limit_n, limit_unit, limit_roll, starts, statutory, source, note, valid_from, valid_until, active, rev, sort`

func scanLimit(scan func(...any) error) (x LimitRule, err error) {
	var types string
	err = scan(&x.Code, &x.Profile, &x.Stage, &types, &x.Category, &x.Urgency, &x.Applies, &x.Limit.N, &x.Limit.Unit, &x.Limit.Roll, &x.Starts, &x.Statutory,
		&x.Source, &x.Note, &x.From, &x.Until, &x.Active, &x.Rev, &x.Sort)
	x.Types = apart(types)
	return x, err
}

// LimitRules are the rules about time in their order.
func LimitRules(tx *sqldb.Tx) ([]LimitRule, error) {
	rows, err := tx.Query(`select ` + limitColumns + ` from catalog_limit order by sort, code`)
	if err != nil {
		return nil, fmt.Errorf("list limits: %w", err)
	}
	defer rows.Close()
	var out []LimitRule
	for rows.Next() {
		x, err := scanLimit(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list limits: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// SaveLimitRule creates or changes a rule and keeps the former one as a revision.
func SaveLimitRule(tx *sqldb.Tx, by string, x LimitRule, rev int64) error {
	if x.Code == "" || !slices.Contains(LimitStages, x.Stage) || !slices.Contains(LimitStarts, x.Starts) || !x.Limit.Valid() {
		return fault.New(fault.Invalid, "catalog.limit_incomplete", nil, x.Code)
	}
	before, err := scanLimit(tx.QueryRow(`select `+limitColumns+` from catalog_limit where code = $1`, x.Code).Scan)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if before.Rev != rev {
		return fault.New(fault.Conflict, "catalog.changed_meanwhile", nil)
	}
	x.Rev = rev + 1
	const q = `insert into catalog_limit(` + limitColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (code) do update set profile = excluded.profile, stage = excluded.stage, types = excluded.types, category = excluded.category,
		urgency = excluded.urgency, applies = excluded.applies, limit_n = excluded.limit_n, limit_unit = excluded.limit_unit, limit_roll = excluded.limit_roll,
		starts = excluded.starts, statutory = excluded.statutory, source = excluded.source, note = excluded.note, valid_from = excluded.valid_from,
		valid_until = excluded.valid_until, active = excluded.active, rev = excluded.rev, sort = excluded.sort`
	if err := tx.Exec(q, x.Code, x.Profile, x.Stage, strings.Join(x.Types, "、"), x.Category, x.Urgency, x.Applies, x.Limit.N, x.Limit.Unit, x.Limit.Roll, x.Starts,
		x.Statutory, x.Source, x.Note, x.From, x.Until, x.Active, x.Rev, x.Sort); err != nil {
		return fmt.Errorf("save limit %s: %w", x.Code, err)
	}
	return Revise(tx, by, "limit", x.Code, x.Rev, before, x)
}

// Limits finds the rule for a request. It is read-only and safe for many
// goroutines.
type Limits struct {
	rules []LimitRule
	tree  *Tree
}

// NewLimits makes a finder of the active rules.
func NewLimits(rules []LimitRule, tree *Tree) *Limits {
	l := &Limits{tree: tree}
	for _, x := range rules {
		if x.Active {
			l.rules = append(l.rules, x)
		}
	}
	return l
}

// LimitCase is what rules about time look at.
type LimitCase struct {
	Stage    string
	Type     string
	Category string
	Urgency  string
	Day      calendar.Day // on which the limit starts
}

// Find is the rule for a case: the one nearest to its category, then by urgency,
// then by type. Of rules alike the first in order counts.
func (l *Limits) Find(c LimitCase) (LimitRule, bool) {
	best, at := LimitRule{}, -1
	if l == nil {
		return best, false
	}
	for _, x := range l.rules {
		if n := l.fit(x, c); n > at {
			best, at = x, n
		}
	}
	return best, at >= 0
}

// Statute is the longest statutory rule for a case.
func (l *Limits) Statute(c LimitCase, longer func(a, b calendar.Limit) bool) (LimitRule, bool) {
	best, found := LimitRule{}, false
	if l == nil {
		return best, false
	}
	for _, x := range l.rules {
		if x.Statutory && l.fit(x, c) >= 0 && (!found || longer(x.Limit, best.Limit)) {
			best, found = x, true
		}
	}
	return best, found
}

// fit says how narrowly a rule meets a case, -1 when it does not.
func (l *Limits) fit(x LimitRule, c LimitCase) int {
	day := string(c.Day)
	if x.Stage != c.Stage || x.From != "" && day < x.From || x.Until != "" && day > x.Until {
		return -1
	}
	n := 0
	if x.Category != "" {
		depth := l.depth(x.Category, c.Category)
		if depth < 0 {
			return -1
		}
		n += 100 - 10*depth
	}
	if x.Urgency != "" {
		if x.Urgency != c.Urgency {
			return -1
		}
		n += 4
	}
	if len(x.Types) > 0 {
		if !slices.Contains(x.Types, c.Type) {
			return -1
		}
		n += 2
	}
	return n
}

// depth is how far a category lies below another one, -1 when it does not.
func (l *Limits) depth(above, code string) int {
	for n := 0; n < 8 && code != ""; n++ {
		if code == above {
			return n
		}
		c, _ := l.tree.Find(code)
		code = c.Parent
	}
	return -1
}

// LimitProfile is a set of rules as a law, a standard or a city has published it.
type LimitProfile struct {
	Profile   string        `json:"profile"`
	Name      string        `json:"name"`
	Source    string        `json:"source"`
	Note      string        `json:"note,omitempty"`
	ValidFrom string        `json:"valid_from,omitempty"`
	Rules     []ProfileRule `json:"rules"`
}

// ProfileRule is one rule of a profile. Categories are names: which of them a
// city has is its own matter.
type ProfileRule struct {
	Stage      string   `json:"stage"`
	Applies    string   `json:"applies"`
	Types      []string `json:"types,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Urgency    string   `json:"urgency,omitempty"`
	Limit      string   `json:"limit"` // as calendar.ParseLimit reads it
	From       string   `json:"from"`
	Source     string   `json:"source,omitempty"` // where it differs from the profile's
	Statutory  bool     `json:"statutory,omitempty"`
	KindOpen   bool     `json:"kind_open,omitempty"` // the source says days and not which
}

//go:embed data/limits.json
var defaultLimits []byte

// LimitProfiles are the templates that come with the program.
func LimitProfiles() ([]LimitProfile, error) { return ReadLimitProfiles(defaultLimits) }

// ReadLimitProfiles reads one profile or a list of them. An error names the rule
// that is wrong.
func ReadLimitProfiles(text []byte) ([]LimitProfile, error) {
	var out []LimitProfile
	if err := json.Unmarshal(text, &out); err != nil {
		var one LimitProfile
		if again := json.Unmarshal(text, &one); again != nil {
			return nil, fmt.Errorf("no profile of limits: %w", err)
		}
		out = []LimitProfile{one}
	}
	for _, p := range out {
		for i, r := range p.Rules {
			if err := r.check(); err != nil {
				return nil, fmt.Errorf("profile %s, rules[%d]: %w", p.Profile, i, err)
			}
		}
	}
	return out, nil
}

func (r ProfileRule) check() error {
	if _, ok := calendar.ParseLimit(r.Limit); !ok {
		return fmt.Errorf("limit %q: write a number and one of %s", r.Limit, strings.Join(calendar.Units, ", "))
	}
	if !slices.Contains(LimitStages, r.Stage) {
		return fmt.Errorf("stage %q: one of %s", r.Stage, strings.Join(LimitStages, ", "))
	}
	if !slices.Contains(LimitStarts, cmp.Or(r.From, "dispatch")) {
		return fmt.Errorf("from %q: one of %s", r.From, strings.Join(LimitStarts, ", "))
	}
	return nil
}

// TakeLimitProfile adds the rules of a profile from a day on. Rules of other
// profiles that still hold end on the day before; those that the city wrote
// itself stay. Rules that name categories which the city does not have are there
// but not active. It returns how many rules were added.
func TakeLimitProfile(tx *sqldb.Tx, by string, p LimitProfile, day string) (int, error) {
	rules, err := LimitRules(tx)
	if err != nil {
		return 0, err
	}
	tree, err := LoadTree(tx)
	if err != nil {
		return 0, err
	}
	there := map[string]int64{}
	for _, x := range rules { // a few dozen
		there[x.Code] = x.Rev
		if x.Profile == "" || x.Profile == p.Profile || x.Until != "" && x.Until < day {
			continue
		}
		x.Until = dayBefore(day)
		if x.From > x.Until {
			x.Active = false
		}
		if err := SaveLimitRule(tx, by, x, x.Rev); err != nil {
			return 0, err
		}
	}
	n := 0
	for i, r := range p.Rules {
		for _, x := range r.rules(p, tree, i) {
			x.From = max(day, p.ValidFrom)
			if err := SaveLimitRule(tx, by, x, there[x.Code]); err != nil {
				return 0, err
			}
			n++
		}
	}
	return n, nil
}

func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}

// rules are the city's rules that one of a profile becomes: one for each category
// that it names and the city has.
func (r ProfileRule) rules(p LimitProfile, tree *Tree, i int) []LimitRule {
	l, _ := calendar.ParseLimit(r.Limit)
	x := LimitRule{Code: fmt.Sprintf("%s.%02d", p.Profile, i+1), Profile: p.Profile, Stage: r.Stage, Types: r.Types, Urgency: r.Urgency, Applies: r.Applies, Limit: l,
		Starts: cmp.Or(r.From, "dispatch"), Statutory: r.Statutory, Source: cmp.Or(r.Source, p.Source), Note: p.Note, Active: true, Sort: int64(i+1) * 10}
	if len(r.Categories) == 0 {
		return []LimitRule{x}
	}
	var out []LimitRule
	for _, name := range r.Categories {
		if c, ok := tree.Named(name); ok {
			y := x
			y.Code, y.Category = x.Code+"."+c.Code, c.Code
			out = append(out, y)
		}
	}
	if len(out) == 0 {
		x.Active = false
		out = append(out, x)
	}
	return out
}
