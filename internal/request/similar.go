package request

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/alike"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// Likeness is what is known of a request for which similar ones are looked for.
// Zero fields are unknown.
type Likeness struct {
	Category string
	Text     string // title and words so far
	Address  string
	Lat, Lng float64
	Area     string  // grid or community
	Named    []Named // places that the text names, for when nothing else is known of the place
	Exclude  matter.ID
	Sealed   bool // sealed ones are compared with sealed ones only
	Public   bool // for residents: only what is published, and of it no more than is
	Metres   float64
	Days     int
	Most     int

	kin map[string]bool // the other categories of the same branch
}

// Named is a place that a text names, with the communities and streets it may be
// in or be.
type Named struct {
	Name  string
	Areas []string
}

// Twin is an open request that may be about the same thing.
type Twin struct {
	Row
	Metres       float64 // how far, -1 unknown
	SameCategory bool
	Alike        float64 // share of the shorter text that both have
	score        float64
}

// Age is how long ago the twin was opened.
func (t Twin) Age(now time.Time) time.Duration { return now.Sub(t.OpenedAt) }

// How many requests are read for one mark, the newest, and how many of all that
// were found are compared closely.
const (
	perMark = 60
	looked  = 100
)

// From which share of the shorter text two texts count as speaking of the same:
// at one place, and where no place is known. piecesAtLeast keeps a word or two
// from deciding.
const (
	alikeHere     = 0.25
	alikeAnywhere = 0.4
	piecesHere    = 3
	piecesAlone   = 6
)

// farAway times the distance asked for, a request of the same community is no
// neighbour any more.
const farAway = 3

// Similar finds open requests about what may be the same thing: of the same
// category or in like words, within 500 metres or in the same community, and in
// like words wherever they are, of the last 90 days, the most alike first, at
// most five. Residents are given published requests only, masked ones without
// address and rounded to their square; no word that is not published finds one.
func Similar(tx *sqldb.Tx, a actor.Actor, l Likeness) ([]Twin, error) {
	l = l.withDefaults()
	found, err := l.candidates(tx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if err := l.readKin(tx); err != nil {
		return nil, err
	}
	rows, err := l.read(tx, a, slices.Collect(maps.Keys(found)))
	if err != nil {
		return nil, fmt.Errorf("similar requests: %w", err)
	}
	if l.Public {
		if err := publish(tx, rows); err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(r Row) bool { return !r.Worded && !found[r.ID].placed })
	}
	out := l.rank(rows, tx.Now)
	list := make([]Row, len(out))
	for i := range out {
		list[i] = out[i].Row
	}
	if err := decorate(tx, list); err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Row = list[i]
	}
	return out, nil
}

func (l Likeness) withDefaults() Likeness {
	l.Metres, l.Days, l.Most = cmp.Or(l.Metres, 500), cmp.Or(l.Days, 90), cmp.Or(l.Most, 5)
	l.Area = prefix(l.Area, 12)
	return l
}

func (l Likeness) point() geo.Point { return geo.Point{Lat: l.Lat, Lng: l.Lng} }

// readKin reads the categories of the same branch: a dark street is reported as
// one lamp by some and as the failure of a line by others.
func (l *Likeness) readKin(tx *sqldb.Tx) error {
	const q = `select s.code from catalog_category c join catalog_category s on s.parent = c.parent where c.code = $1 and c.parent <> '' and s.code <> c.code`
	rows, err := tx.Query(q, l.Category)
	if err != nil {
		return fmt.Errorf("categories of one branch: %w", err)
	}
	defer rows.Close()
	l.kin = map[string]bool{}
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return err
		}
		l.kin[code] = true
	}
	return rows.Err()
}

// hit is a request that has marks in common with what is looked for.
type hit struct {
	weight float64
	placed bool
}

// candidates are the requests with the most telling marks in common. A mark that
// many have says little: how many is seen from the number that was read.
func (l Likeness) candidates(tx *sqldb.Tx) (map[matter.ID]hit, error) {
	marks := map[int64]mark{}
	for _, k := range l.marks() {
		marks[k.number] = k
	}
	if len(marks) == 0 {
		return nil, nil
	}
	q, args := markQuery(slices.Sorted(maps.Keys(marks)), tx.Now.AddDate(0, 0, -l.Days), perMark)
	found := map[matter.ID]hit{}
	err := eachMark(tx, q, args, func(number int64, list []matter.ID) {
		k := marks[number]
		if !k.placed {
			k.weight *= math.Log(2 * perMark / float64(len(list)+1))
		}
		for _, m := range list {
			if m != l.Exclude {
				h := found[m]
				found[m] = hit{h.weight + k.weight, h.placed || k.placed}
			}
		}
	})
	return best(found), err
}

// eachMark gives the requests of each mark that a query of markQuery finds.
func eachMark(tx *sqldb.Tx, q string, args []any, take func(number int64, found []matter.ID)) error {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return fmt.Errorf("look up marks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var ids string
		if err := rows.Scan(&number, &ids); err != nil {
			return err
		}
		var found []matter.ID
		for id := range strings.FieldsSeq(ids) {
			found = append(found, matter.ID(id))
		}
		take(number, found)
	}
	return rows.Err()
}

// markQuery reads the newest requests of each mark, one statement for all.
func markQuery(numbers []int64, since time.Time, newest int) (string, []any) {
	var b strings.Builder
	b.WriteString(`with v(mark) as (values `)
	args := make([]any, 0, len(numbers)+1)
	for i, n := range numbers {
		if i > 0 {
			b.WriteString(`, `)
		}
		args = append(args, n)
		b.WriteString(`(cast($` + strconv.Itoa(i+1) + ` as bigint))`)
	}
	b.WriteString(`) select v.mark, coalesce((select string_agg(x.matter_id, ' ') from (select k.matter_id from request_mark k
		where k.mark = v.mark and k.opened_at >= $` + strconv.Itoa(len(numbers)+1) + ` order by k.opened_at desc, k.matter_id desc limit ` + strconv.Itoa(newest) + `) x), '') from v`)
	return b.String(), append(args, since.UnixMicro())
}

func best(found map[matter.ID]hit) map[matter.ID]hit {
	if len(found) <= looked {
		return found
	}
	order := slices.SortedFunc(maps.Keys(found), func(a, b matter.ID) int {
		return cmp.Or(cmp.Compare(found[b].weight, found[a].weight), cmp.Compare(b, a))
	})
	for _, m := range order[looked:] {
		delete(found, m)
	}
	return found
}

// read are those of the requests that the actor may see and that can be joined.
func (l Likeness) read(tx *sqldb.Tx, a actor.Actor, ids []matter.ID) ([]Row, error) {
	w := &where{}
	scope, args := Scope(a, 1)
	if l.Public {
		scope, args = `r.publicity in ('public', 'masked')`, nil
	}
	w.cond, w.args = append(w.cond, `m.kind = 'request' and m.open`, scope), args
	w.add(`m.sealed = ?`, l.Sealed && !l.Public)
	list := make([]string, len(ids))
	for i, m := range ids {
		list[i] = string(m)
	}
	slices.Sort(list)
	w.in(`m.id`, list)
	return scanRows(tx, rowQuery+` where `+w.String()+` order by m.opened_at desc, m.id desc`, w.args...)
}

func (l Likeness) rank(rows []Row, now time.Time) []Twin {
	mine := alike.Telling(alike.Grams(l.Text))
	var out []Twin
	for _, r := range rows {
		if t, ok := l.twin(r, mine, now); ok {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b Twin) int { return cmp.Compare(b.score, a.score) })
	return out[:min(l.Most, len(out))]
}

// How much each thing that two requests have in common counts. The weights were
// set by hand, looking at the duplicates that Boston's closing texts name
// (TestTruePartnersAreOffered); the result hardly moves when they are changed by
// a third.
const (
	forText     = 2.0
	forCategory = 1.0
	forKin      = 0.6
	forSpot     = 2.0
	forNear     = 0.5
	forAddress  = 1.0
	forStreet   = 0.6 // where no distance is known
	forAge      = 0.3
)

// spotMetres is the distance at which half of the belief is left that two
// reports speak of one spot.
const spotMetres = 40

// kinMetres is how near one of another category of the same branch must be.
const kinMetres = 200

// twin compares one request. It is offered when place and category agree, or
// place and words, or words alone when they agree very much.
func (l Likeness) twin(r Row, mine []alike.Gram, now time.Time) (Twin, bool) {
	t := Twin{Row: r, Metres: -1, SameCategory: l.Category != "" && r.Topic == l.Category}
	common := 0
	t.Alike, common = compare(mine, r)
	here := len(l.Area) == 12 && prefix(r.Area, 12) == l.Area
	if !l.point().Zero() && r.HasPoint() {
		t.Metres = l.point().Distance(geo.Point{Lat: r.Lat, Lng: r.Lng})
		here = t.Metres <= l.Metres || here && t.Metres <= farAway*l.Metres
		t.score += forSpot*math.Exp2(-t.Metres/spotMetres) + forNear*max(0, 1-t.Metres/l.Metres)
	}
	switch road := street(l.Address); {
	case l.Address != "" && place.Fold(l.Address) == place.Fold(r.Address):
		here, t.score = true, t.score+forAddress
	case road != "" && t.Metres < 0 && road == street(r.Address):
		here, t.score = true, t.score+forStreet
	}
	switch {
	case t.SameCategory:
		t.score += forCategory
	case l.kin[r.Topic]:
		t.score += forKin
	}
	// of two at one spot the older one is more often the one that goes on, up to some weeks
	days := now.Sub(r.OpenedAt).Hours() / 24
	t.score += forText*t.Alike + forAge*(1-math.Exp2(-days/2))*math.Exp2(-days/45)
	nowhere := l.point().Zero() && l.Area == "" && l.Address == ""
	if nowhere && len(l.Named) > 0 {
		nowhere, here = false, l.named(r)
		if !here && r.Address != "" {
			return t, false // a like thing elsewhere
		}
	}
	switch {
	case nowhere && l.Public && !r.Worded:
		return t, false // its category is all that could be compared
	case here && t.SameCategory, t.Metres >= 0 && t.Metres <= kinMetres && l.kin[r.Topic]:
		return t, true
	case here || nowhere && t.SameCategory:
		return t, t.Alike >= alikeHere && common >= piecesHere
	}
	return t, t.Alike >= alikeAnywhere && common >= piecesAlone
}

// streetDigits is how long the code of a street is; a longer one is narrower.
const streetDigits = 9

// named reports whether a request is at, or speaks of, one of the places that the
// text names.
func (l Likeness) named(r Row) bool {
	theirs := place.Fold(r.Address + "\n" + r.Title + "\n" + r.Body)
	return slices.ContainsFunc(l.Named, func(n Named) bool {
		inside := func(area string) bool { return len(area) >= streetDigits && strings.HasPrefix(r.Area, area) }
		return strings.Contains(theirs, place.Fold(n.Name)) || slices.ContainsFunc(n.Areas, inside)
	})
}

// compare tells what of the shorter text both have. The pieces of the address do
// not count: all that happens in a street has its name in common.
func compare(mine []alike.Gram, r Row) (share float64, common int) {
	theirs := alike.Telling(alike.Grams(r.Title + "\n" + r.Body))
	street := alike.Grams(r.Address)
	theirs = slices.DeleteFunc(theirs, func(g alike.Gram) bool {
		_, in := slices.BinarySearch(street, g)
		return in
	})
	_, share = plainly.Compare(mine, theirs)
	return share, alike.Common(mine, theirs)
}

// plainly takes all pieces for equal.
var plainly alike.Weights
