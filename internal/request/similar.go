package request

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Likeness is what is known of a request for which similar ones are looked for.
// Zero fields are unknown.
type Likeness struct {
	Category string
	Text     string // title and words so far
	Lat, Lng float64
	Area     string // grid or community
	Exclude  matter.ID
	Sealed   bool // sealed ones are compared with sealed ones only
	Public   bool // for residents: only what is published, and of it no more than is
	Metres   float64
	Days     int
	Most     int
}

// Twin is an open request that may be about the same thing.
type Twin struct {
	Row
	Metres       float64 // how far, -1 unknown
	SameCategory bool
	Shared       []string // pairs of characters that both texts have
	score        float64
}

// Age is how long ago the twin was opened.
func (t Twin) Age(now time.Time) time.Duration { return now.Sub(t.OpenedAt) }

// looked is how many neighbours are compared; more are never near each other
// in one community in one quarter of a year.
const looked = 300

// alike is the share of a text's character pairs from which two texts count as
// speaking of the same, and pairsAtLeast keeps two words from deciding.
const (
	alike        = 0.25
	pairsAtLeast = 2
)

// farAway times the distance asked for, a request of the same community is no
// neighbour any more.
const farAway = 3

// Similar finds open requests about what may be the same thing: of the same
// category or in like words, within 500 metres or in the same community, of the
// last 90 days, the most alike first, at most five. Without a place it looks at
// the newest of the same category. Residents are given published requests only,
// masked ones without address and rounded to their square.
func Similar(tx *sqldb.Tx, a actor.Actor, l Likeness) ([]Twin, error) {
	l = l.withDefaults()
	w := l.where(tx, a)
	if w == nil {
		return nil, nil
	}
	q := rowQuery + ` where ` + w.String() + ` order by m.opened_at desc, m.id desc limit ` + strconv.Itoa(looked)
	rows, err := scanRows(tx, q, w.args...)
	if err != nil {
		return nil, fmt.Errorf("similar requests: %w", err)
	}
	if l.Public {
		if err := publish(tx, rows); err != nil {
			return nil, err
		}
	}
	out := l.rank(rows)
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

// where is nil when nothing is known to compare with.
func (l Likeness) where(tx *sqldb.Tx, a actor.Actor) *where {
	w := &where{}
	scope, args := Scope(a, 1)
	if l.Public {
		scope, args = `r.publicity in ('public', 'masked')`, nil
	}
	w.cond, w.args = append(w.cond, `m.kind = 'request' and m.open`, scope), args
	w.add(`m.sealed = ?`, l.Sealed && !l.Public)
	w.add(`m.id <> ?`, string(l.Exclude))
	since := tx.Now.AddDate(0, 0, -l.Days).UnixMicro()
	w.add(`m.opened_at >= ?`, since)
	box := geo.Around(l.point(), l.Metres)
	const near, inArea = `select n.matter_id from request_order n where n.lat between ? and ? and n.lng between ? and ?`,
		`select c.id from matter c where c.area >= ? and c.area < ? and c.opened_at >= ?`
	hasArea := len(l.Area) == 12
	switch {
	case !l.point().Zero() && hasArea:
		w.add(`m.id in (`+near+` union `+inArea+`)`, box.Min.Lat, box.Max.Lat, box.Min.Lng, box.Max.Lng, l.Area, l.Area+"~", since)
	case !l.point().Zero():
		w.add(`m.id in (`+near+`)`, box.Min.Lat, box.Max.Lat, box.Min.Lng, box.Max.Lng)
	case hasArea:
		w.add(`m.id in (`+inArea+`)`, l.Area, l.Area+"~", since)
	case l.Category != "":
		w.add(`m.topic = ?`, l.Category)
	default:
		return nil
	}
	return w
}

func (l Likeness) rank(rows []Row) []Twin {
	mine := pairs(l.Text)
	var out []Twin
	for _, r := range rows {
		t := Twin{Row: r, Metres: -1, SameCategory: l.Category != "" && r.Topic == l.Category}
		share := t.compare(mine)
		if !t.SameCategory && (share < alike || len(t.Shared) < pairsAtLeast) {
			continue
		}
		if t.SameCategory {
			t.score++
		}
		t.score += share
		if !l.point().Zero() && r.HasPoint() {
			t.Metres = l.point().Distance(geo.Point{Lat: r.Lat, Lng: r.Lng})
			if t.Metres > farAway*l.Metres {
				continue // a large community: the same name, but not the same thing
			}
			t.score += max(0, 1-t.Metres/l.Metres)
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Twin) int { return cmp.Compare(b.score, a.score) })
	return out[:min(l.Most, len(out))]
}

// compare notes the pairs both texts have and returns their share of the
// shorter text. The pairs of the address do not count: all that happens in a
// street has its name in common.
func (t *Twin) compare(mine map[string]bool) float64 {
	theirs := pairs(t.Title + "\n" + t.Body)
	for p := range pairs(t.Address) {
		delete(theirs, p)
	}
	for p := range theirs {
		if mine[p] {
			t.Shared = append(t.Shared, p)
		}
	}
	slices.Sort(t.Shared)
	return float64(len(t.Shared)) / float64(max(1, min(len(mine), len(theirs))))
}

// pairs are what a text is compared by: neighbouring Chinese characters, and
// words of other scripts from four letters on.
func pairs(s string) map[string]bool {
	out := map[string]bool{}
	var last rune
	var word []rune
	for _, c := range strings.ToLower(s) + " " {
		switch {
		case unicode.Is(unicode.Han, c):
			if last != 0 {
				out[string([]rune{last, c})] = true
			}
			last = c
			continue
		case unicode.IsLetter(c):
			word, last = append(word, c), 0
			continue
		}
		if last = 0; len(word) >= 4 {
			out[string(word)] = true
		}
		word = nil
	}
	return out
}
