package dispatch_test

import (
	"context"
	"strings"
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/dispatch"
	"gongzhi/internal/fault"
	"gongzhi/internal/matter"
	"gongzhi/internal/place"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
)

// townPlaces gives the world two squares of one name and one house.
func (w *world) townPlaces() {
	w.t.Helper()
	w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
		return each(
			func() error {
				return place.SaveArea(tx, place.Area{Code: "330101001002", Parent: area[:6], Level: "community", Name: "桂花社区", Active: true})
			},
			func() error {
				return place.SaveAddress(tx, place.Address{ID: "a1", Text: "梧桐路32号", Area: area, Lat: 30.05, Lng: 120.05})
			},
			func() error {
				return place.SaveFacility(tx, place.Facility{ID: "f1", Kind: "park", Name: "人民公园", Area: area, Lat: 30.051, Lng: 120.051, Active: true})
			},
			func() error {
				return place.SaveFacility(tx, place.Facility{ID: "f2", Kind: "park", Name: "人民公园", Area: "330101001002", Lat: 30.06, Lng: 120.06, Active: true})
			})
	}))
	w.must(w.Atlas.Reload(ctx(w)))
}

// noted has the watcher see the request's history, twice: it may.
func (w *world) noted(o *request.Order) {
	w.t.Helper()
	for range 2 {
		w.must(w.DB.Update(ctx(w), func(tx *sqldb.Tx) error {
			events, err := matter.History(tx, o.ID)
			if err != nil {
				return err
			}
			return w.Watcher().Handle(tx, events)
		}))
	}
}

func (w *world) queueRow(o *request.Order) (named []string) {
	w.t.Helper()
	named, err := dispatch.PlacesInQueue(context.Background(), w.Service, dispatcher, o.Number)
	w.must(err)
	return named
}

func TestPlacesInTheWordsAreProposedAndTakenByAPerson(t *testing.T) {
	eachDB(t, func(w *world) {
		w.townPlaces()
		sure := w.register(request.Draft{Title: "路灯不亮", Body: "梧桐路32号门口路灯不亮", Area: " "})
		several := w.register(request.Draft{Title: "长椅坏了", Body: "人民公园的长椅坏了", Area: " "})
		nowhere := w.register(request.Draft{Title: "路灯不亮", Body: "我家门口", Area: " "})
		placed := w.register(request.Draft{Title: "路灯不亮", Body: "人民公园的灯不亮", Lat: 30.05, Lng: 120.05})
		for _, o := range []*request.Order{sure, several, nowhere, placed} {
			w.noted(o)
		}
		for o, want := range map[*request.Order]string{sure: "梧桐路32号", several: "人民公园@南湖区 梧桐社区 人民公园@南湖区 桂花社区", nowhere: "", placed: ""} {
			if got := w.queueRow(o); strings.Join(got, " ") != want && !(o == sure && len(got) == 1 && strings.HasPrefix(got[0], want)) {
				t.Errorf("%s: the queue offers %q, want %q", o.Body, got, want)
			}
		}
		if got := w.now(dispatcher, several); got.HasPoint() || got.Address != "" {
			t.Error("a place was taken without a person")
		}
		w.wants(w.TakePlace(ctx(w), dispatcher, dispatch.TakePlace{On: on(several), N: 9}), fault.Invalid, "dispatch.place_gone")
		w.wants(w.TakePlace(ctx(w), lampClerk, dispatch.TakePlace{On: on(several), N: 2}), fault.NotFound, "request.not_found")
		w.must(w.TakePlace(ctx(w), dispatcher, dispatch.TakePlace{On: on(several), N: 2}))
		got := w.now(dispatcher, several)
		if got.Lat != 30.06 || got.Address != "人民公园" || got.Area != "330101001002" || len(w.queueRow(several)) != 0 {
			t.Errorf("%s at %v in %s, still offered %v", got.Address, got.Lat, got.Area, w.queueRow(several))
		}
		lines := w.timeline(dispatcher, got)
		if last := lines[len(lines)-1]; last.Name != request.DeedReclassified || last.Actor != dispatcher.ID || !strings.Contains(last.Notes[0].Text, "人民公园") {
			t.Errorf("the history says %+v", last)
		}
		w.wants(w.TakePlace(ctx(w), agent, dispatch.TakePlace{On: on(got), N: 1}), fault.Invalid, "dispatch.place_gone")
		if p := w.proposal(w.now(actor.System, several)); p.Lead.ID == "" {
			t.Errorf("with a place the duty list has nobody: %s", steps(p))
		}
	})
}
