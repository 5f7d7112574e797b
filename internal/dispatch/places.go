package dispatch

import (
	"context"
	"fmt"
	"strconv"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// mostNamed is how many places are proposed for a request: more are no help.
const mostNamed = 6

// Watcher keeps for each new request without a point the places that its words
// name. It runs behind the people at work; nothing is taken by itself.
func (s *Service) Watcher() matter.Watcher {
	return matter.Watcher{Name: "dispatch/places", Batch: 50, Rest: 4, Handle: s.notePlaces}
}

func (s *Service) notePlaces(tx *sqldb.Tx, events []matter.Entry) error {
	var ids []matter.ID
	for _, e := range events {
		switch e.Name {
		case request.DeedReceived, request.DeedImported, request.DeedSplit:
			ids = append(ids, e.Matter)
		}
	}
	orders, err := request.Orders(tx, ids)
	if err != nil {
		return err
	}
	var texts []string
	var about []matter.ID
	for _, o := range orders {
		if o.Open && !o.HasPoint() {
			texts, about = append(texts, o.Address+"\n"+o.Title+"\n"+o.Body), append(about, o.ID)
		}
	}
	hits, err := s.Atlas.NamedAll(tx, texts, mostNamed)
	if err != nil {
		return err
	}
	var rows [][]any
	for i, list := range hits {
		for n, h := range list {
			rows = append(rows, []any{string(about[i]), n + 1, h.Text, h.Kind, h.Area, h.Lat, h.Lng})
		}
	}
	return keepPlaces(tx, about, rows)
}

// keepPlaces replaces what was there: a watcher may see an event again.
func keepPlaces(tx *sqldb.Tx, about []matter.ID, rows [][]any) error {
	if len(about) == 0 {
		return nil
	}
	marks, args := sqldb.In(1, about)
	if err := tx.Exec(`delete from dispatch_place where matter_id in (`+marks+`)`, args...); err != nil {
		return fmt.Errorf("forget proposed places: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.InsertRows(`insert into dispatch_place(matter_id, n, text, kind, area, lat, lng) values (`, rows)
}

// placing is a place that is proposed for a request.
type placing struct {
	N int
	place.Hit
}

// says reports whether it says more than the request does.
func (x placing) says(o *request.Order) bool {
	return !o.HasPoint() && (x.Lat != 0 && x.Kind != "area" || x.Area != o.Area && !within(o.Area, x.Area))
}

// within reports whether an area's code lies inside another's.
func within(area, around string) bool {
	return len(area) >= len(around) && area[:len(around)] == around
}

// placings are the places proposed for requests that still have none.
func placings(tx *sqldb.Tx, orders ...*request.Order) (map[matter.ID][]placing, error) {
	out := map[matter.ID][]placing{}
	by := map[matter.ID]*request.Order{}
	var ids []matter.ID
	for _, o := range orders {
		if !o.HasPoint() {
			by[o.ID], ids = o, append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	marks, args := sqldb.In(1, ids)
	rows, err := tx.Query(`select matter_id, n, text, kind, area, lat, lng from dispatch_place where matter_id in (`+marks+`) order by matter_id, n`, args...)
	if err != nil {
		return nil, fmt.Errorf("read proposed places: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m matter.ID
		var x placing
		if err := rows.Scan(&m, &x.N, &x.Text, &x.Kind, &x.Area, &x.Lat, &x.Lng); err != nil {
			return nil, err
		}
		if x.says(by[m]) {
			out[m] = append(out[m], x)
		}
	}
	return out, rows.Err()
}

// TakePlace takes a place that the program found in the words.
type TakePlace struct {
	On
	N int // which of those proposed
}

// TakePlace is TakePlaceTx in a unit of work of its own.
func (s *Service) TakePlace(ctx context.Context, a actor.Actor, c TakePlace) error {
	return s.with(ctx, a, c.On, func(tx *sqldb.Tx, o *request.Order) error { return s.TakePlaceTx(tx, a, o, c.N) })
}

// TakePlaceTx corrects the place of a request as a person would who typed it. An
// area's middle is not where anything happened, so it gives no point.
func (s *Service) TakePlaceTx(tx *sqldb.Tx, a actor.Actor, o *request.Order, n int) error {
	all, err := placings(tx, o)
	if err != nil {
		return err
	}
	for _, x := range all[o.ID] {
		if x.N != n {
			continue
		}
		p := &Place{Address: x.Text, Area: x.Area, Lat: x.Lat, Lng: x.Lng}
		if x.Kind == "area" {
			p = &Place{Address: o.Address, Area: x.Area}
		}
		return s.ReclassifyTx(tx, a, o, Reclassify{Place: p, Reason: say("dispatch.place_taken", x.Text)})
	}
	return fault.Fields{{Name: "place.n", Key: "dispatch.place_gone"}}
}

func (s *Service) postPlace(p posted) error {
	c := TakePlace{On: p.on, N: p.v.Int("place.n")}
	if err := p.v.Err(); err != nil {
		return err
	}
	return s.TakePlace(p.r.Context(), p.a, c)
}

// place offers what the words name while the request has no point.
func (x *offer) place() error {
	if !x.may("request.edit", request.DeedReclassified) {
		return nil
	}
	all, err := placings(x.tx, x.o)
	if list := all[x.o.ID]; err == nil && len(list) > 0 {
		x.add("place", placeForm(x.form("place"), x.s.choices(list)), nil)
	}
	return err
}

// choice is a place as it is offered.
type choice struct{ N, Text, Where string }

// choices are proposed places with the areas that tell those of one name apart.
func (s *Service) choices(list []placing) []choice {
	out := make([]choice, len(list))
	for i, x := range list {
		out[i] = choice{N: strconv.Itoa(x.N), Text: x.Text, Where: s.Atlas.Atlas().Name(x.Area)}
		if out[i].Where == x.Text {
			out[i].Where = ""
		}
	}
	return out
}
