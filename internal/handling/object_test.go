package handling_test

import (
	"testing"

	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestReturnNeedsAReasonAndWaitsForARuling(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.sent()
		w.refused(o, w.Object(t.Context(), lamps, handling.Object{ID: o.ID}), "handling.reason_missing")
		w.refused(o, w.Object(t.Context(), lamps, handling.Object{ID: o.ID, Reason: "在小区里", Proposed: "nobody"}), "handling.unit_unknown")
		w.ok(w.Object(t.Context(), lamps, handling.Object{ID: o.ID, Reason: "在小区红线内", Proposed: "street"}))
		w.is(o, request.ObjectionReview)
		var p request.Plea
		w.update(func(tx *sqldb.Tx) (err error) {
			p, err = request.OpenPlea(tx, o.ID, request.PleaReturn)
			return err
		})
		if p.Unit != "lamps" || p.Proposed != "street" {
			t.Errorf("plea of %s proposes %q, want lamps, street", p.Unit, p.Proposed)
		}
		now := w.now(o)
		w.refused(now, w.Object(t.Context(), lamps, handling.Object{ID: o.ID, Reason: "再退一次"}), "matter.not_in_this_state")
	})
}

func TestAfterARulingNothingIsReturned(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.update(func(tx *sqldb.Tx) error {
			x, err := request.Load(tx, dispatcher, o.ID, 0)
			if err != nil {
				return err
			}
			x.Ruled = true
			return x.Save(tx)
		})
		w.refused(o, w.Object(t.Context(), lamps, handling.Object{ID: o.ID, Reason: "不归我们"}), "handling.ruled")
	})
}

func TestReturnIsLateAfterTwoWorkingDays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		late, intime := w.taken(), w.taken()
		w.clock.Set(beijing(4, 17)) // Wednesday; dispatched on Monday
		w.ok(w.Object(t.Context(), lamps, handling.Object{ID: intime.ID, Reason: "不归我们"}))
		w.clock.Set(beijing(5, 9))
		w.refused(late, w.Object(t.Context(), lamps, handling.Object{ID: late.ID, Reason: "不归我们"}), "handling.return_late")
	})
}

func TestOnlyTheLeadReturns(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实", Units: []handling.Helper{help("street")}}))
		o = w.now(o)
		w.refused(o, w.Object(t.Context(), street, handling.Object{ID: o.ID, Reason: "不归我们"}), "handling.not_your_task")
	})
}
