package request

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"github.com/golang/geo/s2"

	"gongzhi/internal/alike"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/sqldb"
)

// A mark is something that an open request can be known by: a piece of its
// words, its square, its address, its category. Requests about the same thing
// have marks in common, so they are found by looking up a few dozen numbers,
// however many requests there are.
//
// Those of confidential reports are other numbers than those of all others.
type mark struct {
	number int64
	weight float64 // how much it says
	placed bool    // it tells where or of which category, which of a published request everybody may know
}

// Squares of two sizes: what happens at one spot, and what happens round the
// corner. A cell and its eight neighbours reach 50 and 300 metres at least.
const (
	spotLevel = 17
	nearLevel = 14
)

// How many pieces of a text are kept, and how many are looked up. The kept ones
// are a sample that all texts with the same pieces choose alike.
const (
	keptPieces   = 24
	askedPieces  = 64
	addressRunes = 6 // shorter ones name a district
)

type marker struct {
	list   []mark
	sealed bool
}

func (k *marker) add(kind string, weight float64, placed bool, parts ...string) {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00"))
	}
	_, _ = h.Write([]byte(kind))
	if k.sealed {
		_, _ = h.Write([]byte("\x01"))
	}
	k.list = append(k.list, mark{int64(h.Sum64()), weight, placed})
}

func (k *marker) words(pieces []alike.Gram) {
	for _, g := range pieces {
		n := int64(g)
		if k.sealed {
			n = ^n
		}
		k.list = append(k.list, mark{n, 1, false})
	}
}

func (k *marker) address(typed string) {
	if folded := place.Fold(typed); len([]rune(folded)) >= addressRunes {
		k.add("address", 4, false, folded)
	}
}

// street is an address without what comes behind the name of the road, or
// without its numbers where the script has no word for it: what two people say
// who look at one thing from two doors.
func street(address string) string {
	folded := []rune(place.Fold(address))
	for i, c := range folded {
		if i >= 2 && strings.ContainsRune("路街巷弄", c) {
			return string(folded[:i+1])
		}
	}
	words := strings.FieldsFunc(strings.ToLower(address), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	words = slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789") })
	if len(words) < 2 || unicode.Is(unicode.Han, folded[0]) {
		return ""
	}
	return strings.Join(words, " ")
}

func cellAt(p geo.Point) s2.CellID { return s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lng)) }

// around is a cell and those beside it.
func around(p geo.Point, level int) []string {
	at := cellAt(p).Parent(level)
	out := []string{at.ToToken()}
	for _, n := range at.AllNeighbors(level) {
		out = append(out, n.ToToken())
	}
	return out
}

// kept are the marks that a request gets.
func (o *Order) marks() []mark {
	k := marker{sealed: o.Sealed}
	k.words(alike.Sketch(alike.Telling(alike.Grams(o.Title+"\n"+o.Body)), keptPieces))
	k.address(o.Address)
	if s := street(o.Address); s != "" {
		k.add("street", 0, false, s, o.Topic)
	}
	k.add("topic", 0, true, o.Topic)
	if area := prefix(o.Area, 12); len(area) == 12 && o.Origin.Placed != DefaultPoint {
		k.add("area", 0, true, area)
		k.add("area and topic", 0, true, area, o.Topic)
	}
	if p := (geo.Point{Lat: o.Lat, Lng: o.Lng}); !p.Zero() {
		k.add("spot", 0, true, cellAt(p).Parent(spotLevel).ToToken())
		k.add("near", 0, true, cellAt(p).Parent(nearLevel).ToToken(), o.Topic)
	}
	return k.list
}

// marks are those by which what is alike is looked for.
func (l Likeness) marks() []mark {
	k := marker{sealed: l.Sealed && !l.Public}
	k.words(alike.Sketch(alike.Telling(alike.Grams(l.Text)), askedPieces))
	k.address(l.Address)
	if s := street(l.Address); s != "" && l.Category != "" {
		k.add("street", 2, false, s, l.Category)
	}
	if l.Category != "" {
		k.add("topic", 0.2, true, l.Category)
	}
	if len(l.Area) == 12 {
		k.add("area", 0.5, true, l.Area)
		k.add("area and topic", 1, true, l.Area, l.Category)
	}
	if !l.point().Zero() {
		for _, cell := range around(l.point(), spotLevel) {
			k.add("spot", 3, true, cell)
		}
		for _, cell := range around(l.point(), nearLevel) {
			k.add("near", 2, true, cell, l.Category)
		}
	}
	return k.list
}

// markDeeds are the deeds after which a request is known by other marks, or by
// none because it is no longer open.
var markDeeds = []string{DeedReceived, DeedImported, DeedSettled, DeedAnswered, DeedDiverted, DeedReclassified, DeedTerminationGranted,
	DeedClosed, DeedReopened, DeedArchived, DeedMerged, DeedUnmerged, DeedWithdrawn}

// Marker keeps the marks of the open requests, after the commit and behind the
// people at work. A city that did not have them yet gets them from its history.
func Marker() matter.Watcher {
	return matter.Watcher{Name: "request/marks", Batch: 100, Rest: 2, Handle: func(tx *sqldb.Tx, events []matter.Entry) error {
		var ids []string
		for _, e := range events {
			if slices.Contains(markDeeds, e.Name) {
				ids = append(ids, string(e.Matter))
			}
		}
		return markAll(tx, unique(ids))
	}}
}

func markAll(tx *sqldb.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	marks, args := sqldb.In(1, ids)
	if err := tx.Exec(`delete from request_mark where matter_id in (`+marks+`)`, args...); err != nil {
		return fmt.Errorf("forget marks: %w", err)
	}
	list, err := scanRows(tx, rowQuery+` where m.id in (`+marks+`) and m.open order by m.id`, args...)
	if err != nil {
		return fmt.Errorf("read what to mark: %w", err)
	}
	var rows [][]any
	for _, r := range list {
		seen := map[int64]bool{}
		for _, k := range r.marks() {
			if !seen[k.number] {
				seen[k.number] = true
				rows = append(rows, []any{k.number, r.OpenedAt.UnixMicro(), r.ID})
			}
		}
	}
	if err := tx.InsertRows(`insert into request_mark(mark, opened_at, matter_id) values (`, rows); err != nil {
		return fmt.Errorf("keep marks: %w", err)
	}
	return nil
}
