package request

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/alike"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Numbered are the requests with these numbers that the actor may see, by number.
func Numbered(tx *sqldb.Tx, a actor.Actor, numbers []string) ([]Row, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	w := &where{}
	scope, args := Scope(a, 1)
	w.cond, w.args = append(w.cond, scope), args
	w.in(`m.number`, numbers)
	return scanRows(tx, rowQuery+` where `+w.String()+` order by m.number`, w.args...)
}

// How texts of a list are compared with those of all open requests: the newest
// of each piece, and from how many common pieces of two samples on the texts
// themselves.
const (
	newestOfPiece = 10
	commonPieces  = 5
	listPieces    = 16
)

// Copies finds for each of the rows the open requests that say the same in almost
// the same words, wherever they are, in a few queries for all.
func Copies(tx *sqldb.Tx, a actor.Actor, list []Row, since time.Time) (map[matter.ID][]Neighbour, error) {
	wanted := map[int64][]int{}
	grams := make([][]alike.Gram, len(list))
	for i, r := range list {
		grams[i] = alike.Telling(alike.Grams(r.Title + "\n" + r.Body))
		k := marker{sealed: r.Sealed}
		k.words(alike.Sketch(grams[i], listPieces))
		for _, m := range k.list {
			wanted[m.number] = append(wanted[m.number], i)
		}
	}
	shared, err := sharedPieces(tx, wanted, since)
	if err != nil || len(shared) == 0 {
		return nil, err
	}
	var ids []string
	for m := range shared {
		ids = append(ids, string(m))
	}
	slices.Sort(ids)
	w := &where{}
	scope, args := Scope(a, 1)
	w.cond, w.args = append(w.cond, `m.open`, scope), args
	w.in(`m.id`, ids)
	rows, err := scanRows(tx, rowQuery+` where `+w.String()+` order by m.opened_at desc, m.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("copies: %w", err)
	}
	out := map[matter.ID][]Neighbour{}
	for _, r := range rows {
		theirs := alike.Telling(alike.Grams(r.Title + "\n" + r.Body))
		for i, n := range shared[r.ID] {
			if n < commonPieces || list[i].ID == r.ID || list[i].Sealed != r.Sealed {
				continue
			}
			if both, _ := plainly.Compare(grams[i], theirs); both >= alikeAnywhere {
				out[list[i].ID] = append(out[list[i].ID], neighbour(list[i], r, both))
			}
		}
	}
	return out, nil
}

// sharedPieces counts for each request the pieces it has in common with each of
// the rows.
func sharedPieces(tx *sqldb.Tx, wanted map[int64][]int, since time.Time) (map[matter.ID]map[int]int, error) {
	numbers := make([]int64, 0, len(wanted))
	for n := range wanted {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	shared := map[matter.ID]map[int]int{}
	for part := range slices.Chunk(numbers, 400) {
		q, args := markQuery(part, since, newestOfPiece)
		err := eachMark(tx, q, args, func(number int64, found []matter.ID) {
			for _, m := range found {
				if shared[m] == nil {
					shared[m] = map[int]int{}
				}
				for _, i := range wanted[number] {
					shared[m][i]++
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for m, rows := range shared {
		most := 0
		for _, n := range rows {
			most = max(most, n)
		}
		if most < commonPieces {
			delete(shared, m)
		}
	}
	return shared, nil
}

func neighbour(of, r Row, share float64) Neighbour {
	n := Neighbour{ID: r.ID, Number: r.Number, Title: r.Title, State: r.State, At: r.OpenedAt, Followers: r.Followers, Metres: -1, Alike: share}
	if of.HasPoint() && r.HasPoint() {
		n.Metres = geo.Point{Lat: of.Lat, Lng: of.Lng}.Distance(geo.Point{Lat: r.Lat, Lng: r.Lng})
	}
	return n
}

// sameSpot is the distance within which two open requests of one category are
// taken for one matter until somebody has looked.
const sameSpot = 100

// Same finds for each row of a list the open requests that may be the same
// matter: of its category at the same spot, or in the same words. A request that
// stands under one row stands under no other one.
func Same(tx *sqldb.Tx, a actor.Actor, list []Row, since time.Time) (map[matter.ID][]Neighbour, error) {
	near, err := Neighbours(tx, a, list, sameSpot, since)
	if err != nil {
		return nil, err
	}
	copies, err := Copies(tx, a, list, since)
	if err != nil {
		return nil, err
	}
	out, told := map[matter.ID][]Neighbour{}, map[matter.ID]bool{}
	for _, r := range list {
		if told[r.ID] {
			continue
		}
		var all []Neighbour
		for _, n := range append(copies[r.ID], near[r.ID]...) {
			if !told[n.ID] {
				told[n.ID] = true
				all = append(all, n)
			}
		}
		if len(all) > 0 {
			told[r.ID] = true
			slices.SortStableFunc(all, func(a, b Neighbour) int {
				return cmp.Or(cmp.Compare(b.Alike, a.Alike), cmp.Compare(a.Metres, b.Metres))
			})
			out[r.ID] = all
		}
	}
	return out, nil
}
