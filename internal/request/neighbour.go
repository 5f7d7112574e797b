package request

import (
	"fmt"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/geo"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
)

// Neighbour is an open request of the same category near another one.
type Neighbour struct {
	ID     matter.ID
	Number string
	Title  string
	State  string
	At     time.Time
	Metres float64 // -1 unknown

	Followers int64
	Alike     float64 // share of all words that both have, 0 not compared
}

// Neighbours finds for each of the rows the open requests of the same category
// within so many metres that came since, the nearest first, in one query. It is
// the quick look for a list; Similar looks closer at a single request.
func Neighbours(tx *sqldb.Tx, a actor.Actor, list []Row, metres float64, since time.Time) (map[matter.ID][]Neighbour, error) {
	own := map[matter.ID]geo.Point{}
	var ids []string
	for _, r := range list {
		if r.HasPoint() && r.Category != "" {
			own[r.ID] = geo.Point{Lat: r.Lat, Lng: r.Lng}
			ids = append(ids, string(r.ID))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	marks, args := sqldb.In(1, ids)
	scope, more := Scope(a, len(args)+4)
	lat := metres / 111_195
	// cross join: SQLite keeps to this order, and looks around each point instead of through all that is open
	q := fmt.Sprintf(`select b.matter_id, m.id, m.number, m.title, m.state, m.opened_at, r.followers, r.lat, r.lng
		from request_order b cross join matter bm cross join request_order r cross join matter m
		where b.matter_id in (`+marks+`) and bm.id = b.matter_id
			and r.lat between b.lat - $%[2]d and b.lat + $%[2]d and r.lng between b.lng - $%[3]d and b.lng + $%[3]d and r.category = b.category
			and m.id = r.matter_id and m.open and m.sealed = bm.sealed and m.id <> b.matter_id and m.opened_at >= $%[1]d and `+scope+` order by m.opened_at desc, m.id`, len(args)+1, len(args)+2, len(args)+3)
	rows, err := tx.Query(q, append(append(args, since.UnixMicro(), lat, lat*1.5), more...)...)
	if err != nil {
		return nil, fmt.Errorf("neighbours: %w", err)
	}
	defer rows.Close()
	out := map[matter.ID][]Neighbour{}
	for rows.Next() {
		var of matter.ID
		var n Neighbour
		var at int64
		var p geo.Point
		if err := rows.Scan(&of, &n.ID, &n.Number, &n.Title, &n.State, &at, &n.Followers, &p.Lat, &p.Lng); err != nil {
			return nil, err
		}
		if n.At, n.Metres = sqldb.FromMicros(at), own[of].Distance(p); n.Metres <= metres {
			out[of] = append(out[of], n)
		}
	}
	return out, rows.Err()
}
