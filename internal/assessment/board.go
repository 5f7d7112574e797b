package assessment

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/catalog"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// figure is a count and the filter of the list that holds exactly what it
// counts.
type figure struct {
	N int64
	F request.Filter
}

// board is what a supervisor sees: how promises stand now, and what came of
// the requests of a span.
type board struct {
	Span                Span
	Yesterday           figure
	Inflow              inflow
	Open, Overdue       figure
	Half, Most, Last    figure // of the open ones, by the share of their time that has run
	Stopped             figure
	OverUnits           int
	Worst               time.Time // the earliest date among the overdue
	Returns, ReturnsDue figure
	Units               []unitRow
	Topics              []topicRow
	Areas               []areaRow
	Base                actor.Unit // whose units the table lists, no ID: the whole city
}

// unitRow is one unit with those below it.
type unitRow struct {
	Unit                                        actor.Unit
	Total                                       bool // the sum above its parts
	Parts                                       bool // has units below
	Taken, Open, Overdue, Returned, Reopened    figure
	Finished                                    figure
	Took                                        hist
	Due, Kept, Reached, Solved                  figure
	Weeks                                       []float64
	returned                                    map[string]bool
	taken, open, overdue, reopened, due, broken int64
	reached, solved                             int64
}

// topicRow is one category.
type topicRow struct {
	Name                          string
	Former                        int64
	Taken, Open, Overdue, Redone  figure
	taken, open, overdue, redoing int64
}

// areaRow is one street.
type areaRow struct {
	Area          place.Area
	Open, Overdue figure
}

// topTopics is how many categories the board lists.
const topTopics = 8

// count reads everything the board shows for the actor.
func count(tx *sqldb.Tx, a actor.Actor, s Span, unit string, tree *catalog.Tree, atlas *place.Atlas) (*board, error) {
	b := &board{Span: s}
	zone := s.From.Location()
	local := s.Now.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	open, err := openGroups(tx, a)
	if err != nil {
		return nil, err
	}
	b.standing(open)
	if err := b.pleas(tx, a, today); err != nil {
		return nil, err
	}
	if b.Inflow, err = countInflow(tx, a, today); err != nil {
		return nil, err
	}
	if d, ok := b.Inflow.yesterday(); ok {
		b.Yesterday = figure{int64(d.N), request.Filter{From: d.From, To: d.To}}
	}
	came, err := takenGroups(tx, a, s)
	if err != nil {
		return nil, err
	}
	if err := b.units(tx, a, unit, open, came, today); err != nil {
		return nil, err
	}
	b.areas(open, atlas)
	return b, b.topics(tx, a, open, came, tree)
}

// standing counts how the open requests stand.
func (b *board) standing(open []openGroup) {
	b.Open.F, b.Overdue.F = request.Filter{Open: "yes"}, request.Filter{Overdue: true, Sort: "due"}
	by := map[string]*figure{"half": &b.Half, "most": &b.Most, "last": &b.Last, "": &b.Stopped, "over": &b.Overdue}
	for ran, f := range by {
		if ran != "over" {
			f.F = request.Filter{Ran: cmp.Or(ran, "none")}
		}
	}
	late := map[string]bool{}
	for _, g := range open {
		b.Open.N += g.N
		by[g.Ran].N += g.N
		if g.Ran != "over" {
			continue
		}
		late[g.Unit] = true
		if b.Worst.IsZero() || g.Worst.Before(b.Worst) {
			b.Worst = g.Worst
		}
	}
	b.OverUnits = len(late)
}

func (b *board) pleas(tx *sqldb.Tx, a actor.Actor, today time.Time) (err error) {
	b.Returns.F = request.Filter{Plea: request.PleaReturn}
	b.ReturnsDue.F = request.Filter{Plea: request.PleaReturn, DueBefore: today.AddDate(0, 0, 1)}
	for _, f := range []*figure{&b.Returns, &b.ReturnsDue} {
		if f.N, err = request.Count(tx, a, f.F); err != nil {
			return err
		}
	}
	return nil
}

// tally adds the groups of each unit to it and to all above it.
type tally struct {
	units map[string]actor.Unit
	rows  map[string]*unitRow
}

// up does f for the rows of a unit and of all above it.
func (t *tally) up(unit string, f func(*unitRow)) {
	for id := range strings.SplitSeq(strings.TrimSuffix(t.units[unit].Path, "/"), "/") {
		if id == "" {
			continue
		}
		row := t.rows[id]
		if row == nil {
			row = &unitRow{Unit: t.units[id], Took: hist{}, Weeks: make([]float64, sparkWeeks), returned: map[string]bool{}}
			t.rows[id] = row
		}
		f(row)
	}
}

func (t *tally) counts(open []openGroup, came []takenGroup) {
	for _, g := range open {
		t.up(g.Unit, func(r *unitRow) {
			r.open += g.N
			if g.Ran == "over" {
				r.overdue += g.N
			}
		})
	}
	for _, g := range came {
		t.up(g.Unit, func(r *unitRow) {
			r.taken, r.reopened, r.reached, r.solved = r.taken+g.N, r.reopened+g.Reopened, r.reached+g.Reached, r.solved+g.Solved
		})
	}
}

// read adds what is counted apart: returns, durations, promises, weeks.
func (t *tally) read(tx *sqldb.Tx, a actor.Actor, s Span, today time.Time) error {
	back, err := returns(tx, a, s)
	if err != nil {
		return err
	}
	for unit, list := range back {
		t.up(unit, func(r *unitRow) {
			for _, m := range list {
				r.returned[m] = true
			}
		})
	}
	took, err := durations(tx, a, s)
	if err != nil {
		return err
	}
	for unit, h := range took {
		t.up(unit, func(r *unitRow) {
			for hours, n := range h {
				r.Took[hours] += n
			}
		})
	}
	kept, err := promises(tx, a, s)
	if err != nil {
		return err
	}
	for unit, p := range kept {
		t.up(unit, func(r *unitRow) { r.due, r.broken = r.due+p.Due, r.broken+p.Broken })
	}
	weeks, err := weekly(tx, a, today.AddDate(0, 0, 1))
	for unit, list := range weeks {
		t.up(unit, func(r *unitRow) {
			for i, n := range list {
				r.Weeks[i] += n
			}
		})
	}
	return err
}

// units fills the table: the parts of the whole city, or one unit and its parts.
func (b *board) units(tx *sqldb.Tx, a actor.Actor, unit string, open []openGroup, came []takenGroup, today time.Time) error {
	all, err := actor.Units(tx)
	if err != nil {
		return err
	}
	t := &tally{map[string]actor.Unit{}, map[string]*unitRow{}}
	parts := map[string]bool{}
	for _, u := range all {
		t.units[u.ID], parts[u.Parent] = u, true
	}
	t.counts(open, came)
	if err := t.read(tx, a, b.Span, today); err != nil {
		return err
	}
	b.Base = base(a, t.units, unit)
	for _, u := range all {
		row := t.rows[u.ID]
		if row == nil || u.Parent != b.Base.ID && u.ID != b.Base.ID {
			continue
		}
		row.Total, row.Parts = u.ID == b.Base.ID, parts[u.ID]
		row.finish(b.Span)
		b.Units = append(b.Units, *row)
	}
	return nil
}

// base is the unit whose parts are listed: one that was asked for, the actor's
// own where he sees no other, or the root.
func base(a actor.Actor, units map[string]actor.Unit, asked string) actor.Unit {
	u, known := units[asked]
	switch {
	case known && (actor.SeesAll(a) || request.Within(a, u.Path)):
		return u
	case !actor.SeesAll(a):
		return units[a.UnitID]
	}
	for _, u := range units {
		if u.Parent == "" {
			return u
		}
	}
	return actor.Unit{}
}

// finish makes figures of the sums.
func (r *unitRow) finish(s Span) {
	mine := request.Filter{Unit: r.Unit.ID}
	came, owed := taken(mine, s), due(mine, s)
	r.Taken = figure{r.taken, came}
	r.Open = figure{r.open, request.Filter{Unit: r.Unit.ID, Open: "yes"}}
	r.Overdue = figure{r.overdue, request.Filter{Unit: r.Unit.ID, Overdue: true, Sort: "due"}}
	r.Finished = figure{r.Took.n(), finished(mine, s)}
	for _, rate := range Rates {
		of := rate.Of(mine, s, UsualChoices)
		switch met := rate.Met(of, UsualChoices); rate.Name {
		case "kept":
			r.Due, r.Kept = figure{r.due, owed}, figure{r.due - r.broken, met}
		case "solved":
			r.Reached, r.Solved = figure{r.reached, of}, figure{r.solved, met}
		case "reopened":
			r.Reopened = figure{r.reopened, met}
		case "returned":
			r.Returned = figure{int64(len(r.returned)), met}
		}
	}
}

// topics fills the table of the categories of which most came.
func (b *board) topics(tx *sqldb.Tx, a actor.Actor, open []openGroup, came []takenGroup, tree *catalog.Tree) error {
	former, err := formerTopics(tx, a, b.Span)
	if err != nil {
		return err
	}
	rows := map[string]*topicRow{}
	row := func(code string) *topicRow {
		if rows[code] == nil {
			rows[code] = &topicRow{Former: former[code]}
		}
		return rows[code]
	}
	for _, g := range came {
		r := row(g.Topic)
		r.taken, r.redoing = r.taken+g.N, r.redoing+g.Reopened
	}
	for _, g := range open {
		r := row(g.Topic)
		r.open += g.N
		if g.Ran == "over" {
			r.overdue += g.N
		}
	}
	codes := slices.SortedFunc(maps.Keys(rows), func(x, y string) int {
		return cmp.Or(cmp.Compare(rows[y].taken, rows[x].taken), cmp.Compare(rows[y].open, rows[x].open), cmp.Compare(x, y))
	})
	for _, code := range codes {
		if c, known := tree.Find(code); known && len(b.Topics) < topTopics && tree.Leaf(code) {
			b.Topics = append(b.Topics, rows[code].finish(c, b.Span))
		}
	}
	return nil
}

func (r *topicRow) finish(c catalog.Category, s Span) topicRow {
	mine := request.Filter{Categories: []string{c.Code}}
	redone := taken(mine, s)
	redone.Reopened = true
	r.Name = c.Name
	r.Taken, r.Redone = figure{r.taken, taken(mine, s)}, figure{r.redoing, redone}
	r.Open = figure{r.open, request.Filter{Categories: mine.Categories, Open: "yes"}}
	r.Overdue = figure{r.overdue, request.Filter{Categories: mine.Categories, Overdue: true, Sort: "due"}}
	return *r
}

// areas fills the map: the streets of the city.
func (b *board) areas(open []openGroup, atlas *place.Atlas) {
	all, late := map[string]int64{}, map[string]int64{}
	for _, g := range open {
		all[g.Street] += g.N
		if g.Ran == "over" {
			late[g.Street] += g.N
		}
	}
	for _, area := range atlas.Areas {
		if area.Level == place.Street && area.Active {
			b.Areas = append(b.Areas, areaRow{area, figure{all[area.Code], request.Filter{Area: area.Code, Open: "yes"}},
				figure{late[area.Code], request.Filter{Area: area.Code, Overdue: true, Sort: "due"}}})
		}
	}
}
