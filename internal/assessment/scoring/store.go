// Package scoring 考核方案 keeps the city's scoring schemes with their validity,
// scores the units of a month by the one in force, and shows each figure with the
// requests behind it. How points come about is package score's.
package scoring

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/page"
	"gongzhi/internal/score"
	"gongzhi/internal/sqldb"
)

// Service offers the verbs and pages of this room.
type Service struct {
	DB      *sqldb.DB
	Catalog *catalog.Shelf
	Base    page.Maker
}

// States of a version.
const (
	Draft = "draft" // can be changed; scores nothing but a what-if
	Force = "force" // scores the months of its validity, and is not changed any more
)

// Version is a scheme of the city as it is kept.
type Version struct {
	ID     string
	State  string
	CopyOf string // the version it began as
	Rev    int64
	At     time.Time
	By     string
	Scheme *score.Scheme // with its validity
}

const columns = `id, state, copy_of, rev, created_at, created_by, body`

func scan(row func(...any) error) (v Version, err error) {
	var at int64
	var body string
	if err = row(&v.ID, &v.State, &v.CopyOf, &v.Rev, &at, &v.By, &body); err != nil {
		return v, err
	}
	v.At = sqldb.FromMicros(at)
	v.Scheme = new(score.Scheme)
	return v, json.Unmarshal([]byte(body), v.Scheme)
}

// Versions are all, those in force first, the latest first.
func Versions(tx *sqldb.Tx) ([]Version, error) {
	rows, err := tx.Query(`select ` + columns + ` from assessment_scheme order by case state when 'force' then 0 else 1 end, valid_from desc, id desc`)
	if err != nil {
		return nil, fmt.Errorf("list schemes: %w", err)
	}
	defer rows.Close()
	var out []Version
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list schemes: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Find is one version, or NotFound.
func Find(tx *sqldb.Tx, id string) (Version, error) {
	v, err := scan(tx.QueryRow(`select `+columns+` from assessment_scheme where id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return v, fault.New(fault.NotFound, "scoring.not_found", err)
	}
	return v, err
}

// InForce is the version by which a month is scored; ok is false when there is
// none.
func InForce(tx *sqldb.Tx, month string) (v Version, ok bool, err error) {
	const q = `select ` + columns + ` from assessment_scheme where state = 'force' and valid_from <= $1 and (valid_to = '' or valid_to >= $1)
		order by valid_from desc, id desc limit 1`
	v, err = scan(tx.QueryRow(q, month).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

// kept is a version as the revisions of the catalogue hold it.
type kept struct {
	Name, State, ValidFrom, ValidTo, Body string
	Rev                                   int64
}

func (v Version) kept() kept {
	if v.Scheme == nil {
		return kept{}
	}
	return kept{v.Scheme.Name, v.State, v.Scheme.From, v.Scheme.To, string(v.Text()), v.Rev}
}

// Text is the scheme as a file.
func (v Version) Text() []byte {
	out, err := json.MarshalIndent(v.Scheme, "", "  ")
	if err != nil {
		panic(err) // it was read from JSON
	}
	return append(out, '\n')
}

// save writes a version that was read before as was, and keeps what it was.
func save(tx *sqldb.Tx, by string, v, was Version) error {
	v.Rev = was.Rev + 1
	const q = `insert into assessment_scheme(id, code, name, state, valid_from, valid_to, body, copy_of, rev, created_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (id) do update set code = excluded.code, name = excluded.name, state = excluded.state, valid_from = excluded.valid_from,
		valid_to = excluded.valid_to, body = excluded.body, rev = excluded.rev`
	s := v.Scheme
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := tx.Exec(q, v.ID, s.Code, s.Name, v.State, s.From, s.To, string(body), v.CopyOf, v.Rev, tx.Now.UnixMicro(), by); err != nil {
		return fmt.Errorf("save scheme %s: %w", v.ID, err)
	}
	return catalog.Revise(tx, by, "scheme", v.ID, v.Rev, was.kept(), v.kept())
}

// revised keeps that a draft was removed.
func revised(tx *sqldb.Tx, a actor.Actor, v Version) error {
	return catalog.Revise(tx, a.HistoryID(), "scheme", v.ID, v.Rev+1, v.kept(), nil)
}

// The choices that a scheme may carry.
const (
	choiceBasic     = "basic"        // yes, no
	choiceUnreached = "unreached"    // in, out
	choiceHours     = "accept_hours" // whole hours
	choiceLeast     = "least_cases"  // below, a rate says too little
)

// usualLeast is how many cases a rate needs where nothing is chosen.
const usualLeast = 30

// choices of a scheme for the rates of the program.
func choices(s *score.Scheme) (assessment.Choices, int64) {
	c, least := assessment.UsualChoices, int64(usualLeast)
	if s == nil {
		return c, least
	}
	if v := s.Choices[choiceBasic]; v != "" {
		c.Basic = v == "yes"
	}
	c.Unreached = s.Choices[choiceUnreached] == "in"
	if n, err := strconv.Atoi(s.Choices[choiceHours]); err == nil {
		c.Hours = n
	}
	if n, err := strconv.ParseInt(s.Choices[choiceLeast], 10, 64); err == nil {
		least = n
	}
	return c, least
}

// checkChoices refuses a choice that means nothing.
func checkChoices(s *score.Scheme, f *fault.Fields) {
	for name, value := range s.Choices {
		n, err := strconv.Atoi(value)
		ok := false
		switch name {
		case choiceBasic:
			ok = value == "yes" || value == "no"
		case choiceUnreached:
			ok = value == "in" || value == "out"
		case choiceHours:
			ok = err == nil && n >= 1 && n <= 240
		case choiceLeast:
			ok = err == nil && n >= 1 && n <= 10_000
		}
		if !ok {
			f.Add("choices."+name, "scoring.choice_unknown", name, value)
		}
	}
}

// checkRates refuses items that name a rate the program does not have.
func checkRates(s *score.Scheme, f *fault.Fields) {
	name := func(at, rate string) {
		r, known := assessment.FindRate(rate)
		if rate != "" && (!known || !r.ByUnit()) {
			f.Add(at, "scoring.rate_unknown", rate, strings.Join(unitRates(), ", "))
		}
	}
	for i, it := range s.Items {
		at := "items[" + strconv.Itoa(i) + "]"
		name(at+".rate", it.Rate)
		for n, p := range it.Parts {
			name(at+".parts["+strconv.Itoa(n)+"].rate", p.Rate)
		}
	}
}

// unitRates are the rates that can be counted for all units at once.
func unitRates() []string {
	var out []string
	for _, r := range assessment.Rates {
		if r.ByUnit() {
			out = append(out, r.Name)
		}
	}
	return out
}
