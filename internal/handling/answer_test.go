package handling_test

import (
	"strings"
	"testing"

	"gongzhi/internal/calendar"
	"gongzhi/internal/handling"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func help(unit string) handling.Helper {
	return handling.Helper{Unit: unit, Limit: calendar.Limit{N: 1, Unit: "wd"}}
}

func TestAnswerKeepsRecordAndPublicTextApart(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.CallAssist(t.Context(), lamps, handling.CallAssist{ID: o.ID, Text: "核实范围", Units: []handling.Helper{help("street")}}))
		w.ok(w.Answer(t.Context(), lamps, handling.Answer{ID: o.ID, Solved: "yes", Record: "换了接触器", Text: "六盏灯都亮了", Contacted: true,
			Photos: []handling.Photo{{Kind: "before", Hash: "a", Thumb: "a"}, {Kind: "after", Hash: "b", Thumb: "b"}}}))
		got := w.is(o, request.Replied)
		if got.Replies != 1 {
			t.Errorf("replies %d, want 1", got.Replies)
		}
		for _, x := range w.tasks(o) {
			if x.Open {
				t.Errorf("the task of %s is still open after the answer", x.Unit)
			}
		}
		for text, audience := range map[string]string{"换了接触器": request.Internal, "六盏灯都亮了": request.Public} {
			if n := w.count(`select count(*) from request_note where text = $1 and audience = $2`, text, audience); n != 1 {
				t.Errorf("%s is kept %d times for %s", text, n, audience)
			}
		}
		if n := w.count(`select count(*) from request_file where audience = 'public' and matter_id = $1`, o.ID); n != 2 {
			t.Errorf("%d photos published, want 2", n)
		}
	})
}

func TestAnswerNeedsBothTextsAndAReasonWhenUnsolved(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		for key, c := range map[string]handling.Answer{
			"handling.record_missing": {Solved: "yes", Text: "好了"},
			"handling.answer_missing": {Solved: "yes", Record: "换了"},
			"handling.why_missing":    {Solved: "no", Record: "换了", Text: "还没好"},
			"handling.choose_one":     {Record: "换了", Text: "好了"},
		} {
			c.ID = o.ID
			w.refused(o, w.Answer(t.Context(), lamps, c), key)
		}
		fresh := w.sent()
		w.refused(fresh, w.Answer(t.Context(), lamps, handling.Answer{ID: fresh.ID, Solved: "yes", Record: "换了", Text: "好了"}), "matter.not_in_this_state")
	})
}

func TestWhoWantsNoAnswerNeedsNone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken(func(d *request.Draft) { d.NoReply = true })
		w.ok(w.Answer(t.Context(), lamps, handling.Answer{ID: o.ID, Solved: "yes", Record: "换了接触器"}))
		w.is(o, request.Replied)
		if n := w.count(`select count(*) from notice_message where template = 'answered'`); n != 0 {
			t.Errorf("%d notices to who wants no answer", n)
		}
	})
}

func TestEventsHoldNoWordsOfPeople(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		o := w.taken()
		w.ok(w.Contact(t.Context(), lamps, handling.Contact{ID: o.ID, Way: "phone", Outcome: "reached", Text: "李芳说在南门"}))
		w.ok(w.Note(t.Context(), lamps, handling.Note{ID: o.ID, Text: "李芳家门口"}))
		w.ok(w.Ask(t.Context(), lamps, handling.Ask{ID: o.ID, Question: "李芳，是哪一盏"}))
		var all string
		w.update(func(tx *sqldb.Tx) error {
			return tx.QueryRow(`select string_agg(body, ' ') from matter_event where matter_id = $1`, o.ID).Scan(&all)
		})
		if strings.Contains(all, "李芳") || strings.Contains(all, "13800005521") {
			t.Errorf("events hold words of people: %s", all)
		}
	})
}
