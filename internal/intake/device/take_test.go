package device_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"gongzhi/internal/actor"
	"gongzhi/internal/intake/device"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

func TestManyReadingsOfOneFaultAreOneCase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		clock := clockOf(t, s)
		for i, v := range []float64{12, 31, 35, 42.5, 38} {
			take(t, s, device.Reading{Event: fmt.Sprint("e", i), Value: v, At: clock.Now()})
			clock.Add(time.Minute)
		}
		if n := cases(t, s); n != 1 {
			t.Fatalf("%d cases, want 1", n)
		}
		f := fault(t, s)
		if f.Readings != 4 || f.Peak != 42.5 || f.Last != 38 || f.State != device.FaultOpen {
			t.Errorf("fault %+v", f)
		}
		o := order(t, s, f.Matter)
		if o.Channel != "device" || o.Source != "设备" || o.SourceID != "JS-1/"+f.ID || o.Category != "0101" || o.Urgency != "urgent" || !o.NoReply || o.Title != "路面积水超警戒：文昌路下穿1号" {
			t.Errorf("case %+v", o)
		}
		if !strings.Contains(o.Body, "31 cm") || !strings.Contains(o.Body, "达到或超过 30 cm") || !strings.Contains(o.Body, "请先设置警示。") {
			t.Errorf("body %q", o.Body)
		}
	})
}

func TestAFaultIsOverOnlyBelowItsSecondThreshold(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		clock := clockOf(t, s)
		send := func(v float64) device.Fault {
			clock.Add(time.Minute)
			take(t, s, device.Reading{Event: fmt.Sprint(clock.Now()), Value: v, At: clock.Now()})
			return fault(t, s)
		}
		send(33)
		if f := send(25); f.State != device.FaultOpen {
			t.Error("25 cm lies between 20 and 30: nothing changes")
		}
		over := send(19)
		if over.State != device.FaultOver || over.Recovered.IsZero() || deeds(t, s, over.Matter, request.DeedNoted) != 1 {
			t.Errorf("recovery is not noted: %+v", over)
		}
		for _, v := range []float64{31, 18, 32, 19, 33} { // it comes and goes: the history of the case stays short
			send(v)
		}
		f := fault(t, s)
		if f.State != device.FaultOpen || f.Relapses != 3 || cases(t, s) != 1 || deeds(t, s, f.Matter, request.DeedNoted) != 1 {
			t.Errorf("%+v, %d cases, %d notes", f, cases(t, s), deeds(t, s, f.Matter, request.DeedNoted))
		}
		clock.Add(2 * time.Hour)
		if send(12); deeds(t, s, f.Matter, request.DeedNoted) != 2 {
			t.Error("after an hour the recovery is noted again")
		}
	})
}

func TestARuleMayWantSeveralReadingsInATime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		rule(t, s, func(r *device.Rule) { r.Times, r.Minutes = 3, 5 })
		clock := clockOf(t, s)
		send := func(after time.Duration, v float64) int64 {
			clock.Add(after)
			take(t, s, device.Reading{Event: fmt.Sprint(clock.Now()), Value: v, At: clock.Now()})
			return cases(t, s)
		}
		for i, want := range []int64{send(0, 40), send(time.Minute, 40), send(10*time.Minute, 40), send(2*time.Minute, 41), send(2*time.Minute, 42)} {
			if i < 4 && want != 0 || i == 4 && want != 1 {
				t.Errorf("after reading %d: %d cases", i+1, want)
			}
		}
	})
}

// F12: each message three times, out of order, at the same time: N cases.
func TestEachMessageThreeTimesOutOfOrder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		const n = 20
		update(t, db, func(tx *sqldb.Tx) error {
			for i := range n {
				if err := device.Save(tx, "test", device.Device{Code: fmt.Sprintf("N-%02d", i), Name: fmt.Sprint("第", i), Kind: "积水监测仪", Source: "water", Active: true}); err != nil {
					return err
				}
			}
			return nil
		})
		now := db.Now()
		var all []device.Reading
		for i := range n {
			for _, k := range []int{1, 2, 3, 1, 2, 3, 1, 2, 3} { // three readings of one fault, each sent three times
				all = append(all, device.Reading{Event: fmt.Sprint(i, "/", k), Device: fmt.Sprintf("N-%02d", i), Metric: "level", Value: 30 + float64(k), Seq: int64(k), At: now.Add(time.Duration(k) * time.Second)})
			}
		}
		rand.New(rand.NewPCG(7, 7)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var group sync.WaitGroup
		for part := range 6 {
			group.Go(func() {
				for i := part; i < len(all); i += 6 {
					if _, err := s.Take(t.Context(), platform, all[i], nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if got := cases(t, s); got != n {
			t.Errorf("%d messages made %d cases, want %d", len(all), got, n)
		}
		if got := count(t, db, `select cast(sum(readings) as bigint) from intake_device_fault`); got != 3*n {
			t.Errorf("%d readings counted, want %d", got, 3*n)
		}
		if got := count(t, db, `select count(*) from intake_device_fault where last <> 33`); got != 0 {
			t.Errorf("%d faults show an older reading as the last", got)
		}
	})
}

func TestAnOldReadingEndsNoFaultAndBeginsNone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		clock := clockOf(t, s)
		clock.Add(3 * time.Hour)
		now := clock.Now()
		take(t, s, device.Reading{Event: "1", Value: 12, Seq: 10, At: now.Add(-time.Hour)})
		take(t, s, device.Reading{Event: "2", Value: 35, Seq: 11, At: now})
		for i, r := range []device.Reading{
			{Value: 5, Seq: 9, At: now.Add(-2 * time.Hour)},
			{Value: 5, Seq: 11, At: now},                // the same count again
			{Value: 5, Seq: 10, At: now.Add(time.Hour)}, // an old message with a new time
		} {
			r.Event = fmt.Sprint("replay", i)
			if got := take(t, s, r); !got.Late {
				t.Errorf("replay %d is not late: %+v", i, got)
			}
		}
		if f := fault(t, s); f.State != device.FaultOpen || f.Last != 35 {
			t.Errorf("fault %+v", f)
		}
		if got := take(t, s, device.Reading{Event: "old", Value: 99, Device: "JS-2", At: now.Add(-25 * time.Hour)}); got.Refused != device.DropOld {
			t.Errorf("a reading of yesterday: %+v", got)
		}
		take(t, s, device.Reading{Event: "n", Value: 3, Device: "JS-2", Seq: 5, At: now})
		take(t, s, device.Reading{Event: "o", Value: 99, Device: "JS-2", Seq: 4, At: now.Add(-time.Hour)})
		if n := cases(t, s); n != 1 {
			t.Errorf("%d cases: an hour-old reading began one", n)
		}
		take(t, s, device.Reading{Event: "fast", Value: 3, Device: "JS-2", Seq: 6, At: now.Add(48 * time.Hour)})
		if got := take(t, s, device.Reading{Event: "next", Value: 3, Device: "JS-2", Seq: 7, At: now.Add(time.Second)}); got.Late {
			t.Error("one wrong clock made the device silent for two days")
		}
	})
}

func TestNobodySpeaksForAnothersDevice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		for name, x := range map[string]struct {
			who device.Owner
			of  string
		}{
			"another system":     {device.Owner{Kind: device.OfSource, Code: "other"}, "JS-1"},
			"another device":     {device.Owner{Kind: device.OfDevice, Code: "JS-2"}, "JS-1"},
			"not registered":     {platform, "JS-99"},
			"no code":            {platform, "a/b\x00"},
			"a system's, itself": {device.Owner{Kind: device.OfSource, Code: "JG-1"}, "JG-1"},
			"its own device":     {platform, "JG-1"},
		} {
			got, err := s.Take(t.Context(), x.who, device.Reading{Event: name, Device: x.of, Metric: "level", Value: 99}, nil)
			if err != nil || got.Refused != device.DropUnknown {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_device_drop where device in ('JS-99', 'a/b')`); n != 0 {
			t.Error("a stranger chose the names that are kept")
		}
		if n := count(t, db, `select cast(sum(n) as bigint) from intake_device_drop where reason = 'unknown'`); n != 6 || cases(t, s) != 0 {
			t.Errorf("%d counted, %d cases", n, cases(t, s))
		}
	})
}

func TestAfterClosingTheRuleDecides(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		clock := clockOf(t, s)
		send := func(v float64) device.Fault {
			clock.Add(time.Minute)
			take(t, s, device.Reading{Event: fmt.Sprint(clock.Now()), Value: v, At: clock.Now()})
			return fault(t, s)
		}
		old := send(33).Matter
		send(10)
		closeCase(t, s, old)
		clock.Add(5 * time.Hour)
		if f := send(36); f.Matter != old || order(t, s, old).State != request.InProgress || order(t, s, old).Round != 1 || cases(t, s) != 1 {
			t.Errorf("back within a day: %+v, state %s", f, order(t, s, old).State)
		}
		send(10)
		update(t, db, func(tx *sqldb.Tx) error {
			o, err := request.Load(tx, actor.System, old, 0)
			for _, deed := range []string{request.DeedReplied, request.DeedReviewPassed, request.DeedClosed} {
				if err == nil {
					err = o.Record(tx, actor.System, request.Deed{Name: deed})
				}
			}
			return err
		})
		clock.Add(48 * time.Hour)
		f := send(37)
		if f.Matter == old || cases(t, s) != 2 || f.Readings != 1 {
			t.Errorf("back after two days: %+v, %d cases", f, cases(t, s))
		}
		if send(38).Readings != 2 || cases(t, s) != 2 {
			t.Error("the next reading does not belong to the new case")
		}
	})
}

func TestMoreFaultsThanPeopleCanLookAtShareACase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		set(t, s, "device.new_hour", "5")
		const n = 30
		update(t, db, func(tx *sqldb.Tx) error {
			for i := range n {
				if err := device.Save(tx, "test", device.Device{Code: fmt.Sprintf("N-%02d", i), Name: fmt.Sprint("第", i), Kind: "积水监测仪", Source: "water", Active: true}); err != nil {
					return err
				}
			}
			return nil
		})
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() {
				if _, err := s.Take(t.Context(), platform, device.Reading{Event: fmt.Sprint(i), Device: fmt.Sprintf("N-%02d", i), Metric: "level", Value: 50}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if got := cases(t, s); got != 6 {
			t.Errorf("%d cases, want 5 and one for the others", got)
		}
		if got := count(t, db, `select count(*) from intake_device_fault where together`); got != n-5 {
			t.Errorf("%d faults share a case, want %d", got, n-5)
		}
		clockOf(t, s).Add(time.Hour)
		take(t, s, device.Reading{Event: "later", Value: 50})
		if got := cases(t, s); got != 7 {
			t.Errorf("an hour later: %d cases, want one more", got)
		}
	})
}

func TestAFloodIsCountedAndBecomesOneCase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		const n = 10_000
		kept := 0
		for i := range n {
			if take(t, s, device.Reading{Event: fmt.Sprint(i), Value: 40, Seq: int64(i + 1), At: db.Now()}).Refused == "" {
				kept++
			}
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := fault(t, s)
		if cases(t, s) != 1 || kept != 60 || f.Readings != 60 || f.Dropped != n-60 {
			t.Errorf("%d cases, %d kept, fault %+v", cases(t, s), kept, f)
		}
		if got := count(t, db, `select cast(sum(n) as bigint) from intake_device_drop where device = 'JS-1' and reason = 'rate'`); got != n-60 {
			t.Errorf("%d counted, want %d", got, n-60)
		}
		if got := take(t, s, device.Reading{Event: "other", Device: "JS-2", Value: 40}); got.Refused != "" {
			t.Errorf("another device is turned away: %+v", got)
		}
	})
}

func TestAllDevicesTogetherHaveALimit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		set(t, s, "device.per_second", "10")
		refused := 0
		for i := range 30 {
			if take(t, s, device.Reading{Event: fmt.Sprint(i), Device: fmt.Sprintf("JS-%d", i%3+1), Value: 1}).Refused == device.DropAll {
				refused++
			}
		}
		if refused != 20 {
			t.Errorf("%d refused, want 20", refused)
		}
	})
}

func TestOldReadingsAreForgottenAndFaultsAreNot(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := world(t, db)
		take(t, s, device.Reading{Event: "1", Value: 40})
		clockOf(t, s).Add(29 * 24 * time.Hour)
		take(t, s, device.Reading{Event: "2", Value: 41})
		clockOf(t, s).Add(2 * 24 * time.Hour)
		if err := s.Drop(t.Context(), "JS-1", device.DropMalformed, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, `select count(*) from intake_device_reading`); n != 1 {
			t.Errorf("%d readings left, want the newer one", n)
		}
		if f := fault(t, s); f.Readings != 2 || f.Peak != 41 {
			t.Errorf("fault %+v", f)
		}
		if n := count(t, db, `select cast(sum(n) as bigint) from intake_device_drop`); n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}
