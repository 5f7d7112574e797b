package advice

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// Figures say how often the proposals of a span agreed with what was decided.
type Figures struct {
	From       time.Time
	Decided    int64 // decisions with a proposal before them
	Right      int64 // the first proposal was chosen
	Among      int64 // one of the three was
	Unsure     int64 // the first proposal had said less than 40 %
	UnitRight  int64
	UnitCount  int64
	Returned   int64
	Direct     int64
	Categories []Tally     // by what was chosen, the most frequent first
	Units      []Tally     // by who finally had it
	Confused   []Confusion // proposed one, chosen another
	Weeks      []Week
	Followed   Returns // sent where the first proposal said
	Other      Returns // sent elsewhere
}

// Tally is one category or unit.
type Tally struct {
	Code                            string
	Decided, Right, Among, Returned int64
}

// Confusion is a pair that is mistaken for one another.
type Confusion struct {
	Proposed, Chosen string
	N                int64
}

// Week is one week of the span.
type Week struct {
	From                   time.Time
	Decided, Right, Unsure int64
}

// Returns counts the returns where a proposal was followed, or not. Named are the
// returns whose final unit the proposal had named.
type Returns struct{ Sent, Returned, Named int64 }

const week = 7 * 24 * time.Hour

// unsureBelow is the share under which a proposal counts as unsure.
const unsureBelow = sureEnough

// CountFigures counts a span that ends now.
func CountFigures(tx *sqldb.Tx, days int) (*Figures, error) {
	f := &Figures{From: tx.Now.Add(-time.Duration(days) * 24 * time.Hour)}
	for _, count := range []func(*sqldb.Tx) error{f.categories, f.units, f.confusions, f.weeks, f.trust} {
		if err := count(tx); err != nil {
			return nil, fmt.Errorf("figures of advice: %w", err)
		}
	}
	for _, c := range f.Categories {
		f.Decided, f.Right, f.Among, f.Returned = f.Decided+c.Decided, f.Right+c.Right, f.Among+c.Among, f.Returned+c.Returned
	}
	for _, w := range f.Weeks {
		f.Unsure += w.Unsure
	}
	for _, u := range f.Units {
		f.UnitCount, f.UnitRight = f.UnitCount+u.Decided, f.UnitRight+u.Right
	}
	return f, nil
}

func (f *Figures) categories(tx *sqldb.Tx) (err error) {
	f.Categories, err = tallies(tx, `select chosen, count(*), count(*) filter (where category = chosen), count(*) filter (where chosen in (category, second, third)), count(*) filter (where returned)
		from advice_case where decided_at >= $1 and chosen <> '' group by chosen`, f.From)
	return err
}

func (f *Figures) units(tx *sqldb.Tx) (err error) {
	f.Units, err = tallies(tx, `select chosen_unit, count(*), count(*) filter (where unit = chosen_unit), 0, count(*) filter (where returned)
		from advice_case where decided_at >= $1 and unit <> '' and chosen_unit <> '' group by chosen_unit`, f.From)
	return err
}

func tallies(tx *sqldb.Tx, q string, from time.Time) ([]Tally, error) {
	rows, err := tx.Query(q, from.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Tally
	for rows.Next() {
		var t Tally
		if err := rows.Scan(&t.Code, &t.Decided, &t.Right, &t.Among, &t.Returned); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Tally) int { return cmp.Or(cmp.Compare(b.Decided, a.Decided), cmp.Compare(a.Code, b.Code)) })
	return out, rows.Err()
}

func (f *Figures) confusions(tx *sqldb.Tx) error {
	rows, err := tx.Query(`select category, chosen, count(*) from advice_case where decided_at >= $1 and category <> '' and chosen <> '' and category <> chosen
		group by category, chosen order by count(*) desc, category, chosen limit 20`, f.From.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c Confusion
		if err := rows.Scan(&c.Proposed, &c.Chosen, &c.N); err != nil {
			return err
		}
		f.Confused = append(f.Confused, c)
	}
	return rows.Err()
}

func (f *Figures) weeks(tx *sqldb.Tx) error {
	rows, err := tx.Query(`select (decided_at - $1) / $2, count(*), count(*) filter (where category = chosen), count(*) filter (where share < $3)
		from advice_case where decided_at >= $1 and chosen <> '' group by 1 order by 1`, f.From.UnixMicro(), week.Microseconds(), unsureBelow)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var w Week
		if err := rows.Scan(&n, &w.Decided, &w.Right, &w.Unsure); err != nil {
			return err
		}
		w.From = f.From.Add(time.Duration(n) * week)
		f.Weeks = append(f.Weeks, w)
	}
	return rows.Err()
}

func (f *Figures) trust(tx *sqldb.Tx) error {
	rows, err := tx.Query(`select unit = first_unit, count(*), count(*) filter (where returned), count(*) filter (where returned and unit = chosen_unit)
		from advice_case where decided_at >= $1 and unit <> '' and first_unit <> '' group by 1`, f.From.UnixMicro())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var followed bool
		var t Returns
		if err := rows.Scan(&followed, &t.Sent, &t.Returned, &t.Named); err != nil {
			return err
		}
		if followed {
			f.Followed = t
		} else {
			f.Other = t
		}
	}
	return rows.Err()
}

// Doubt is an open request of which the model knows little.
type Doubt struct {
	Number, Title, Category string
	Share                   float64
}

// Doubts are the latest open requests with the least sure proposals.
func Doubts(tx *sqldb.Tx, a actor.Actor, n int) ([]Doubt, error) {
	scope, args := request.Scope(a, 3)
	rows, err := tx.Query(`select m.number, m.title, c.category, c.share from advice_case c join matter m on m.id = c.matter_id join request_order r on r.matter_id = m.id
		where m.open and not m.sealed and c.share < $1 and `+scope+` order by c.at desc, c.matter_id desc limit $2`, append([]any{unsureBelow, n}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("list doubts: %w", err)
	}
	defer rows.Close()
	var out []Doubt
	for rows.Next() {
		var d Doubt
		if err := rows.Scan(&d.Number, &d.Title, &d.Category, &d.Share); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// Unlearnt are the active categories that nothing was ever decided for: the
// model knows them from the catalogue's words alone.
func (a *Advisor) Unlearnt(tx *sqldb.Tx) ([]string, error) {
	rows, err := tx.Query(`select distinct chosen from advice_case where decided_at > 0`)
	if err != nil {
		return nil, fmt.Errorf("list learnt categories: %w", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		known[c] = true
	}
	var out []string
	for _, c := range a.Catalog.Book().Tree.Leaves("") {
		if !known[c.Code] {
			out = append(out, c.Code)
		}
	}
	return out, rows.Err()
}
