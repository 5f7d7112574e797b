package matter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/matter"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

var life = matter.Lifecycle{
	Kind:   "thing",
	States: []matter.State{{Name: "new"}, {Name: "doing"}, {Name: "done", Final: true}},
	Moves: []matter.Move{
		{Event: "made", To: []string{"new"}},
		{From: []string{"new"}, Event: "begun", To: []string{"doing"}},
		{From: []string{"*"}, Event: "noted"},
		{From: []string{"doing"}, Event: "ended", To: []string{"done"}},
		{From: []string{"done"}, Event: "begun", To: []string{"doing"}},
	},
}

func open(t *testing.T, db *sqldb.DB, name string) matter.ID {
	t.Helper()
	m := matter.ID(id.New(db.Now()))
	err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.Lock(string(m)); err != nil {
			return err
		}
		return matter.Open(tx, &life, matter.Matter{ID: m, Number: name, Title: name}, matter.Event{Name: "made", Actor: "u1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func step(t *testing.T, db *sqldb.DB, m matter.ID, version int64, event string) error {
	t.Helper()
	return db.Update(t.Context(), func(tx *sqldb.Tx) error {
		if err := tx.Lock(string(m)); err != nil {
			return err
		}
		now, err := matter.Find(tx, m)
		if err != nil {
			return err
		}
		if version != 0 {
			now.Version = version
		}
		return matter.Append(tx, &life, &now, matter.Event{Name: event, Actor: "u1"}, "")
	})
}

func read(t *testing.T, db *sqldb.DB, m matter.ID) (now matter.Matter, history []matter.Entry) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sqldb.Tx) (err error) {
		if now, err = matter.Find(tx, m); err != nil {
			return err
		}
		history, err = matter.History(tx, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return now, history
}

func TestLifecycleTableIsSound(t *testing.T) {
	if err := life.Check(); err != nil {
		t.Error(err)
	}
	broken := matter.Lifecycle{Kind: "x", States: []matter.State{{Name: "a"}}, Moves: []matter.Move{{Event: "made", To: []string{"b"}}}}
	if broken.Check() == nil {
		t.Error("an unknown state was not found")
	}
}

func TestStaleVersionIsRefusedAndWritesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		m := open(t, db, "1")
		if err := step(t, db, m, 1, "begun"); err != nil {
			t.Fatal(err)
		}
		if got := fault.KindOf(step(t, db, m, 1, "noted")); got != fault.Conflict {
			t.Errorf("stale version: kind %q, want conflict", got)
		}
		if got := fault.KindOf(step(t, db, m, 0, "made")); got != fault.Conflict {
			t.Errorf("an event that does not fit the state: kind %q, want conflict", got)
		}
		now, history := read(t, db, m)
		if now.State != "doing" || now.Version != 2 || len(history) != 2 {
			t.Errorf("got state %s, version %d, %d events; want doing, 2, 2", now.State, now.Version, len(history))
		}
	})
}

func TestHistoryCannotBeChanged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		open(t, db, "1")
		for _, q := range []string{`update matter_event set name = 'x'`, `delete from matter_event`} {
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return tx.Exec(q) })
			if err == nil {
				t.Errorf("%s was let through", q)
			}
		}
	})
}

func TestReplayedHistoryGivesTheStoredState(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 1))
		m := open(t, db, "1")
		for range 60 {
			_ = step(t, db, m, 0, []string{"begun", "noted", "ended"}[r.IntN(3)]) // most do not fit the state
		}
		now, history := read(t, db, m)
		state := ""
		for i, e := range history {
			if e.Seq != int64(i+1) {
				t.Fatalf("seed %d: event %d has seq %d", seed, i+1, e.Seq)
			}
			switch e.Name {
			case "made":
				state = "new"
			case "begun":
				state = "doing"
			case "ended":
				state = "done"
			}
		}
		if now.State != state || now.Version != int64(len(history)) || now.Open == (state == "done") || now.Open != now.ClosedAt.IsZero() {
			t.Errorf("seed %d: stored %s v%d open=%v, replayed %s v%d", seed, now.State, now.Version, now.Open, state, len(history))
		}
	})
}

// TestReaderMissesNothing is the stress test of the history reader: 12 writers,
// some of which roll back, against one reader.
func TestReaderMissesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const writers = 12
		each := 850
		if testing.Short() {
			each = 60
		}
		ids := make([]matter.ID, 5)
		for i := range ids {
			ids[i] = open(t, db, fmt.Sprint(i))
		}
		var got []matter.Entry
		w := matter.Watcher{Name: "all", Batch: 500, Handle: func(_ *sqldb.Tx, events []matter.Entry) error {
			got = append(got, events...)
			return nil
		}}
		writing := make(chan struct{})
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() { noteMany(t, db, ids, uint64(i), each) })
		}
		go func() { group.Wait(); close(writing) }()
		for busy := true; busy; {
			select {
			case <-writing:
				busy = false
			default:
			}
			if err := w.Drain(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		checkRead(t, db, ids, got)
	})
}

func noteMany(t *testing.T, db *sqldb.DB, ids []matter.ID, seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, 7))
	for range n {
		m, fail := ids[r.IntN(len(ids))], r.IntN(20) == 0
		err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
			if err := tx.Lock(string(m)); err != nil {
				return err
			}
			now, err := matter.Find(tx, m)
			if err != nil {
				return err
			}
			if err := matter.Append(tx, &life, &now, matter.Event{Name: "noted", Actor: "u1"}, ""); err != nil || !fail {
				return err
			}
			return fault.New(fault.Invalid, "test.rolled_back", nil)
		})
		if err != nil && !fail {
			t.Error(err)
		}
	}
}

func checkRead(t *testing.T, db *sqldb.DB, ids []matter.ID, got []matter.Entry) {
	t.Helper()
	want, last, wrong := 0, map[matter.ID]int64{}, 0
	for _, m := range ids {
		now, _ := read(t, db, m)
		want += int(now.Version)
	}
	for _, e := range got {
		if e.Seq != last[e.Matter]+1 {
			wrong++
		}
		last[e.Matter] = e.Seq
	}
	if len(got) != want || wrong != 0 || !slices.ContainsFunc(got, func(e matter.Entry) bool { return e.Name == "noted" }) {
		t.Errorf("read %d of %d events, %d out of order", len(got), want, wrong)
	}
	t.Logf("%d events, %d missed, %d out of order", want, want-len(got), wrong)
}
