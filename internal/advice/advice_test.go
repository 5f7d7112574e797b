package advice_test

import (
	"testing"

	"gongzhi/internal/actor"
	"gongzhi/internal/advice"
	"gongzhi/internal/catalog"
	"gongzhi/internal/fault"
	"gongzhi/internal/id"
	"gongzhi/internal/job"
	"gongzhi/internal/matter"
	"gongzhi/internal/request"
	"gongzhi/internal/sqldb"
	"gongzhi/internal/sqldbtest"
)

// world is a city with three categories and an advisor.
type world struct {
	t    *testing.T
	db   *sqldb.DB
	shop *catalog.Shelf
	a    *advice.Advisor
}

func newWorld(t *testing.T, db *sqldb.DB) world {
	w := world{t: t, db: db, shop: &catalog.Shelf{DB: db}}
	w.update(func(tx *sqldb.Tx) error {
		for _, u := range []actor.Unit{{ID: "light", Name: "路灯所", Kind: "bureau", Active: true}, {ID: "police", Name: "公安局", Kind: "bureau", Active: true}, {ID: "school", Name: "教育局", Kind: "bureau", Active: true}} {
			if err := actor.SaveUnit(tx, u); err != nil {
				return err
			}
		}
		for _, c := range []catalog.Category{
			{Code: "1", Name: "市政"}, {Code: "101", Parent: "1", Name: "路灯不亮", Keywords: []string{"路灯", "照明"}},
			{Code: "2", Name: "生活"}, {Code: "201", Parent: "2", Name: "噪音扰民", Keywords: []string{"噪音", "太吵"}}, {Code: "202", Parent: "2", Name: "入学报名", Keywords: []string{"学位", "入学"}},
		} {
			c.Active, c.Limit.Unit, c.Limit.N = true, "wd", 5
			if err := catalog.SaveCategory(tx, "test", c, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err := w.shop.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.a = &advice.Advisor{DB: db, Catalog: w.shop}
	return w
}

func (w world) update(f func(*sqldb.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// request is received, and dispatched to a unit when one is named.
func (w world) request(text, category, kind, unit string, sealed bool) matter.ID {
	w.t.Helper()
	var out matter.ID
	w.update(func(tx *sqldb.Tx) error {
		d := request.Draft{ID: matter.ID(id.New(tx.Now)), Number: id.New(tx.Now), Type: kind, Channel: "web", Title: text, Body: text, Category: category,
			Urgency: "normal", Publicity: "private", State: request.ToDispatch, Deed: request.DeedReceived, Sealed: sealed}
		if err := tx.Lock(string(d.ID)); err != nil {
			return err
		}
		o, err := request.Create(tx, nil, actor.System, d)
		if err != nil || unit == "" {
			return err
		}
		out, o.Unit = o.ID, unit
		return o.Record(tx, actor.System, request.Deed{Name: request.DeedDispatched, To: request.ToAccept})
	})
	return out
}

func (w world) watch() {
	w.t.Helper()
	if err := w.a.Watcher().Drain(w.t.Context(), w.db); err != nil {
		w.t.Fatal(err)
	}
}

func (w world) train() {
	w.t.Helper()
	if err := w.a.Train(w.t.Context(), job.Job{}); err != nil {
		w.t.Fatal(err)
	}
}

func (w world) versions(subject, state string) (out []advice.Version) {
	w.t.Helper()
	_ = w.db.View(w.t.Context(), func(tx *sqldb.Tx) error {
		all, err := advice.Versions(tx)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, v := range all {
			if v.Subject == subject && v.State == state {
				out = append(out, v)
			}
		}
		return nil
	})
	return out
}

// life is some weeks of a city whose people say 灯 without any keyword.
func (w world) life(rounds int) {
	for i := range rounds {
		n := string(rune('一' + i))
		w.request("楼下灯杆夜里黑漆漆"+n, "101", "help", "light", false)
		w.request("半夜有人唱歌睡不着"+n, "201", "complaint", "police", false)
		w.request("孩子读书怎么安排"+n, "202", "consult", "school", false)
	}
	w.watch()
}

func TestKeywordsAdviseBeforeAnythingWasLearnt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		got := w.a.Advise(advice.Question{Text: "门口路灯坏了"})
		if len(got.Categories) == 0 || got.Categories[0].Code != "101" || got.Categories[0].Words[0] != "路灯" || got.Model != "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestADozenDecisionsTeachWhatNoKeywordSays(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		if got := w.a.Advise(advice.Question{Text: "灯杆夜里黑漆漆"}); len(got.Categories) != 0 {
			t.Fatalf("before: %+v", got)
		}
		w.life(5)
		w.train()
		got := w.a.Advise(advice.Question{Text: "灯杆黑漆漆"})
		if len(got.Categories) == 0 || got.Categories[0].Code != "101" || got.Types[0].Code != "help" || got.Units[0].Code != "light" || got.Model == "" {
			t.Errorf("after: %+v", got)
		}
	})
}

func TestALaterModelMustBeBetterInTheShadow(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.life(5)
		w.train()
		first := w.versions(advice.Category, advice.InForce)
		w.train() // knows nothing more
		if n := len(w.versions(advice.Category, advice.Shadow)); n != 1 {
			t.Fatalf("%d shadows", n)
		}
		w.life(12)
		s := w.versions(advice.Category, advice.Shadow)[0]
		if s.Judged != 36 || s.NewRight != s.OldRight {
			t.Errorf("judged %+v", s)
		}
		if err := w.a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := w.versions(advice.Category, advice.InForce); len(now) != 1 || now[0].ID != first[0].ID {
			t.Errorf("in force %+v, was %+v", now, first)
		}
		if n := len(w.versions(advice.Category, advice.Refused)); n != 1 {
			t.Errorf("%d refused", n)
		}
	})
}

func TestABetterShadowComesInForceAndOneStepLeadsBack(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.life(5)
		w.train()
		old := w.versions(advice.Category, advice.InForce)[0]
		for i := range 12 { // the city has changed: dark lamps are the school's matter now
			w.request("楼下灯杆夜里黑漆漆"+string(rune('甲'+i)), "202", "help", "school", false)
		}
		w.watch()
		w.train()
		for i := range 40 {
			w.request("楼下灯杆夜里黑漆漆啊"+string(rune('甲'+i)), "202", "help", "school", false)
		}
		w.watch()
		if err := w.a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := w.versions(advice.Category, advice.InForce)[0]
		if now.ID == old.ID {
			t.Fatalf("still the old one; shadow %+v", w.versions(advice.Category, advice.Refused))
		}
		if err := w.a.Choose(t.Context(), actor.Actor{ID: "x", Roles: []actor.Role{actor.Clerk}}, old.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk chose: %v", err)
		}
		lead := actor.Actor{ID: "d", Roles: []actor.Role{actor.Dispatcher}}
		if err := w.a.Choose(t.Context(), lead, old.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.a.Advise(advice.Question{Text: "楼下灯杆夜里黑漆漆"}); got.Model != old.ID || got.Categories[0].Code != "101" {
			t.Errorf("%+v", got)
		}
		if err := w.a.Choose(t.Context(), lead, "nothing"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown model: %v", err)
		}
	})
}

func TestConfidentialReportsAreNotLearntFrom(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.life(5)
		for range 5 {
			w.request("某某收了红包暗号蓝天", "201", "report", "police", true)
		}
		w.watch()
		w.train()
		for _, s := range w.a.Advise(advice.Question{Text: "暗号蓝天红包"}).Types {
			if s.Code == "report" {
				t.Errorf("%+v", s)
			}
		}
		if v := w.versions(advice.Type, advice.InForce)[0]; v.Examples != 15 {
			t.Errorf("%d examples", v.Examples)
		}
	})
}

// The catalogue's words name none of these requests, so the curve begins at
// nothing and rises with what was learnt; the latest are never learnt from.
func TestTheLearningCurveRises(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.life(10)
		w.train()
		if got := w.curve(advice.Category); len(got) != 0 {
			t.Errorf("30 decisions are too few for a curve: %v", got)
		}
		w.life(30)
		w.train()
		got := w.curve(advice.Category)
		if len(got) != 5 || got[0].Learnt != 0 || got[4].Learnt != 96 {
			t.Fatalf("%v", got)
		}
		if got[0].Judged != 24 || got[4].Judged != 24 || got[4].Right <= got[0].Right || got[4].Right < 23 {
			t.Errorf("%v", got)
		}
		if unit := w.curve(advice.Unit); len(unit) != 4 || unit[0].Learnt == 0 {
			t.Errorf("of a unit nothing is known before the first decision: %v", unit)
		}
	})
}

func (w world) curve(subject string) (out []advice.Point) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *sqldb.Tx) error {
		all, err := advice.Curves(tx)
		out = all[subject]
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
