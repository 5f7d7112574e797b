package gaming_test

import (
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/assessment/gaming"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
	"gongzhi/internal/vault"
)

var (
	agent    = actor.Actor{ID: "s-agent", Roles: []actor.Role{actor.Agent}, UnitID: "hotline", UnitPath: "city/hotline/"}
	clerk    = actor.Actor{ID: "s-clerk", Roles: []actor.Role{actor.Clerk}, UnitID: "lamps", UnitPath: "city/lamps/"}
	reviewer = actor.Actor{ID: "s-reviewer", Roles: []actor.Role{actor.Reviewer}, UnitID: "hotline", UnitPath: "city/hotline/"}
)

type world struct {
	t    *testing.T
	db   *sqldb.DB
	s    *gaming.Service
	keys *vault.Vault
	next int64
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, keys: vault.Test()}
	w.s = &gaming.Service{DB: db, Vault: w.keys, Catalog: &catalog.Shelf{DB: db}}
	sqldbtest.ClockOf(db).Set(time.Date(2026, 5, 20, 2, 0, 0, 0, time.UTC))
	w.do(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "city", Name: "云泽市", Kind: "city"}, {ID: "hotline", Parent: "city", Name: "热线", Kind: "hotline"},
			{ID: "lamps", Parent: "city", Name: "路灯管理所", Kind: "department", Phone: "0571-88001234"}} {
			u.Active = true
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) do(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// finished is how a request was answered and closed.
type finished struct {
	answer, phone string
	contacted     bool
	warned        string
	rated, sealed bool
	day           int // of May
}

func (w *world) closed(x finished) {
	w.t.Helper()
	w.do(func(tx *sqldb.Tx) error {
		w.next++
		if x.day > 0 {
			tx.Now = time.Date(2026, 5, x.day, 2, 0, 0, 0, time.UTC)
		}
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.Number(tx.Now, w.next), State: request.ToDispatch, Channel: "phone", Type: "help", Title: "路灯不亮", Sealed: x.sealed,
			Contact: request.Contact{Name: "李四", Phone: x.phone, Masked: "李*"}}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err := request.Create(tx, w.keys, agent, d)
		if err != nil {
			return err
		}
		o.Unit = "lamps"
		if x.rated {
			o.Rating, o.Solved = 5, "yes"
		}
		body := map[string]any{"contacted": x.contacted}
		if x.warned != "" {
			body["warned"] = []string{x.warned}
		}
		for _, deed := range []request.Deed{{Name: request.DeedDispatched}, {Name: request.DeedAccepted},
			{Name: request.DeedReplied, Body: body, Notes: []request.Note{{Kind: "answer", Audience: request.Public, Text: x.answer}}}, {Name: request.DeedReviewPassed}, {Name: request.DeedClosed}} {
			if err := o.Record(tx, clerk, deed); err != nil {
				return err
			}
		}
		return nil
	})
}

// signals counts May and gives the cases by kind.
func (w *world) signals() map[string]gaming.Signal {
	w.t.Helper()
	out := map[string]gaming.Signal{}
	w.do(func(tx *sqldb.Tx) error {
		if err := w.s.Count(tx, time.Date(2026, 5, 1, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))); err != nil {
			return err
		}
		list, err := gaming.Signals(tx, "2026-05")
		for _, g := range list {
			out[g.Kind] = g
		}
		return err
	})
	return out
}

const long = "您好，您反映的问题已安排工作人员处理，我单位将尽快落实，感谢您的关心和支持。"

func TestAnHonestMonthHasNoSignals(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for range 20 {
			w.closed(finished{answer: "已修好。", contacted: true, phone: "13800005521", rated: true, day: 12})
		}
		if got := w.signals(); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestEachPatternIsSeenWithItsCases(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for range 6 {
			w.closed(finished{answer: long, day: 12})
		}
		w.closed(finished{answer: "已修好，请给五星好评。", contacted: true, day: 12})
		w.closed(finished{answer: "已修好。", contacted: true, phone: "057188001234", rated: true, day: 12})
		w.closed(finished{answer: "已修好，您说的都对。", contacted: true, warned: "copied", day: 12})
		w.closed(finished{answer: "已修好，您说得都对。", contacted: true, warned: "copied", day: 12})
		for range 3 {
			w.closed(finished{answer: long, sealed: true, day: 12}) // confidential: nowhere
		}
		got := w.signals()
		for kind, want := range map[string]int64{"silent": 6, "same": 6, "urging": 1, "own": 1, "echo": 2} {
			if got[kind].Cases != want || got[kind].Unit != "lamps" || got[kind].Total != 10 {
				t.Errorf("%s: %d of %d, want %d of 10", kind, got[kind].Cases, got[kind].Total, want)
			}
		}
		if len(got) != 5 {
			t.Errorf("signals %v", got)
		}
		w.do(func(tx *sqldb.Tx) error {
			var n int64
			err := tx.QueryRow(`select cast(count(*) as bigint) from assessment_signal_case where signal_id = $1`, got["silent"].ID).Scan(&n)
			if n != 6 {
				t.Errorf("%d cases are linked, want 6", n)
			}
			return err
		})
	})
}

func TestARushBeforeTheCountIsSeen(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for range 10 {
			w.closed(finished{answer: "已修好。", contacted: true, day: 12})
		}
		for range 16 {
			w.closed(finished{answer: "已修好。", contacted: true, day: 30})
		}
		if g := w.signals()["burst"]; g.Cases != 16 || g.Total != 26 {
			t.Errorf("got %d of %d, want 16 of 26", g.Cases, g.Total)
		}
	})
}

func TestWhatAReviewerSettledIsOpenAgainWhenThereIsMore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for range 6 {
			w.closed(finished{answer: long, day: 12})
		}
		g := w.signals()["silent"]
		if err := w.s.Settle(t.Context(), clerk, gaming.Settle{ID: g.ID, Verdict: "fine"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("a unit settles a signal: %v", err)
		}
		if err := w.s.Settle(t.Context(), reviewer, gaming.Settle{ID: g.ID, Verdict: "talk"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("talk about what? %v", err)
		}
		if err := w.s.Settle(t.Context(), reviewer, gaming.Settle{ID: g.ID, Verdict: "fine"}); err != nil {
			t.Fatal(err)
		}
		if g := w.signals()["silent"]; !g.Seen || g.Verdict != "fine" {
			t.Errorf("counting anew forgets what was settled: %+v", g)
		}
		w.closed(finished{answer: long, day: 13})
		if g := w.signals()["silent"]; g.Seen || g.Cases != 7 {
			t.Errorf("more of it is not shown as new: %+v", g)
		}
		w.do(func(tx *sqldb.Tx) error {
			return catalog.SaveWatch(tx, "s-admin", catalog.Watch{Code: "silent", Active: true, Least: 50}, 0)
		})
		if _, still := w.signals()["silent"]; still {
			t.Error("below the city's threshold there is still a signal")
		}
	})
}
