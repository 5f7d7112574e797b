package assessment_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gongzhi/internal/assessment"
	"gongzhi/internal/locale"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// TestEveryRateCountsItsOwnLists holds every rate of every unit against its two
// lists: what meets it is among what it is of, and the counts by unit and
// category add up to the lists.
func TestEveryRateCountsItsOwnLists(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.ground()
		w.live(rand.New(rand.NewPCG(rand.Uint64(), 2)), 60)
		w.mark()
		zone := time.FixedZone("CST", 8*3600)
		above := map[string]bool{}
		w.view(func(tx *sqldb.Tx) error {
			s, ok := assessment.Month(tx.Now.In(zone).Format("2006-01"), tx.Now, zone)
			if !ok {
				t.Fatal("this month is no month")
			}
			s.From = s.From.AddDate(0, -6, 0) // the world may be older than the month
			for _, c := range []assessment.Choices{assessment.UsualChoices, {Basic: false, Unreached: true, Hours: 1}} {
				for _, r := range assessment.Rates {
					for _, unit := range []string{"", "lamps", "water"} {
						w.holds(tx, r, s, c, unit, above)
					}
				}
			}
			return nil
		})
		for _, r := range assessment.Rates {
			if !above[r.Name] {
				t.Errorf("nothing meets %s in this world: it is too dull", r.Name)
			}
			for _, l := range []locale.Lang{locale.ZH, locale.EN} {
				for _, part := range []string{"", "_of", "_met", "_not"} {
					if !locale.Has(l, "assessment.rate_"+r.Name+part) {
						t.Errorf("%s has no words for assessment.rate_%s%s", l, r.Name, part)
					}
				}
			}
		}
	})
}

// mark adds what live does not do: contacts, a later date, somebody who cannot
// be reached.
func (w *world) mark() {
	for range 3 {
		o := w.asked()
		for range 3 {
			w.must(w.s.CallbackTry(w.t.Context(), reviewer, assessment.CallbackTry{ID: o.ID, Version: w.now(o.ID).Version, Outcome: assessment.CallNone}))
		}
	}
	redone := w.asked()
	w.must(w.s.Reopen(w.t.Context(), reviewer, assessment.Reopen{ID: redone.ID, Version: redone.Version, Rating: 1, Reason: "没修好"}))
	w.reply(redone.ID)
	w.must(w.s.ReviewPass(w.t.Context(), reviewer, assessment.ReviewPass{ID: redone.ID, Version: w.now(redone.ID).Version, Checked: true}))
	w.must(w.s.CallbackClose(w.t.Context(), reviewer, assessment.CallbackClose{ID: redone.ID, Version: w.now(redone.ID).Version, Solved: "yes", Rating: 5}))
	o := w.sent("lamps", request.Draft{})
	w.do(func(tx *sqldb.Tx) error {
		o, err := request.Load(tx, clerk, o.ID, 0)
		if err != nil {
			return err
		}
		if err := o.Record(tx, clerk, request.Deed{Name: request.DeedContacted, Body: map[string]string{"outcome": "reached"}}); err != nil {
			return err
		}
		task, err := request.OpenLead(tx, o.ID)
		if err != nil {
			return err
		}
		plea, err := request.Ask(tx, request.Plea{Matter: o.ID, Task: task.ID, Kind: request.PleaExtension, Unit: task.Unit, Days: 3, Seq: o.Version})
		if err != nil {
			return err
		}
		return request.Rule(tx, plea, "granted", dispatcher.ID)
	})
	w.clock.Add(24 * time.Hour)
	w.reply(o.ID)
	w.clock.Add(9 * 24 * time.Hour)
}

func (w *world) holds(tx *sqldb.Tx, r assessment.Rate, s assessment.Span, c assessment.Choices, unit string, above map[string]bool) {
	w.t.Helper()
	of := r.Of(request.Filter{Unit: unit}, s, c)
	met := r.Met(of, c)
	n, k := w.length(tx, of), w.length(tx, met)
	if above[r.Name] = above[r.Name] || k > 0; k > n {
		w.t.Errorf("%s of %q: %d of %d", r.Name, unit, k, n)
	}
	if !r.ByUnit() {
		return
	}
	for want, f := range map[int64]request.Filter{n: r.Of(request.Filter{}, s, c), k: r.Met(r.Of(request.Filter{}, s, c), c)} {
		cross, err := request.Cross(tx, supervisor, f)
		if err != nil {
			w.t.Fatal(err)
		}
		sum := int64(0)
		for key, x := range cross {
			if unit == "" || key[0] == unit || unit == "lamps" && key[0] == "lamps-east" {
				sum += x
			}
		}
		if sum != want {
			w.t.Errorf("%s of %q: by unit %d, its list %d (%+v)", r.Name, unit, sum, want, f)
		}
	}
}

// length is how long the list is that the address of a filter leads to.
func (w *world) length(tx *sqldb.Tx, f request.Filter) int64 {
	w.t.Helper()
	n, err := request.Count(tx, supervisor, request.ParseFilter(f.Query(time.UTC), time.UTC))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
