package handling_test

import (
	"testing"
	"time"

	"gongzhi/internal/handling"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestContactIsRecordedWithItsOutcome(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		for key, c := range map[string]handling.Contact{
			"handling.choose_one":   {Way: "pigeon", Outcome: "no_answer"},
			"handling.contact_text": {Way: "phone", Outcome: "reached"},
			"handling.contact_time": {Way: "phone", Outcome: "no_answer", At: db.Now().Add(time.Hour)},
		} {
			c.ID = o.ID
			w.refused(o, w.Contact(t.Context(), lamps, c), key)
		}
		w.ok(w.Contact(t.Context(), lamps, handling.Contact{ID: o.ID, Way: "phone", Outcome: "no_answer"}))
		if n := w.count(`select count(*) from matter_event where name = 'contacted' and body like '%"no_answer"%'`); n != 1 {
			t.Errorf("%d contacts recorded, want 1", n)
		}
		stranger := w.now(o)
		w.refused(stranger, w.Contact(t.Context(), water, handling.Contact{ID: o.ID, Way: "phone", Outcome: "no_answer"}), "request.not_found")
	})
}

func TestStaleNoteIsRefusedAndNothingIsLost(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.Note(t.Context(), lamps, handling.Note{ID: o.ID, Version: o.Version, Text: "先到现场"}))
		now := w.now(o)
		w.refused(now, w.Note(t.Context(), lamps, handling.Note{ID: o.ID, Version: o.Version, Text: "后到现场"}), "request.changed_meanwhile")
		w.refused(now, w.Note(t.Context(), lamps, handling.Note{ID: o.ID, Text: " "}), "handling.note_missing")
	})
}
